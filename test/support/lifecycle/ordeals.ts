import type { Ordeal } from './ordeal.js';
import type { Scene } from './rows.js';
import { stopFamily } from './stopped.js';
import { clock, type Visit } from './visit.js';

const mustBe = (is: boolean, what: string): void => {
  if (!is) throw new Error(`this is not what was to be seen: ${what}`);
};

/** Another tab is in front. Throttling is on once timers that are due every 100 ms stay away for seconds. */
export const hidden = ({ page, visit, hide }: Scene, isQuiet: boolean): Ordeal => {
  let leftAt = 0;
  return {
    async leave() {
      await hide();
      leftAt = clock();
      visit.isQuiet = isQuiet;
    },
    async wake() {
      visit.isQuiet = false;
      const [pause, length] = await visit.see<[number, number]>(
        `(() => {
          const ticks = [...seen.ticks.filter((at) => at > ${leftAt}), ${clock()}];
          return [Math.max(...ticks.map((at, i) => at - (ticks[i - 1] ?? at))), ${clock() - leftAt}];
        })()`,
      );
      mustBe(pause > length / 3, `timers pause for a third of the ${length} ms, but they did for ${pause} ms at most`);
      await page.send('Page.bringToFront');
    },
  };
};

export const frozen = ({ page, visit, hide }: Scene): Ordeal => ({
  async leave() {
    await hide();
    await visit.see('seen.page.length = 0');
    await page.send('Page.setWebLifecycleState', { state: 'frozen' });
    await visit.until("seen.page.includes('freeze')");
  },
  async wake() {
    await page.send('Page.setWebLifecycleState', { state: 'active' });
    await page.send('Page.bringToFront');
  },
  check: () => visit.until("seen.page.includes('resume')"),
});

/** Leaves the page for another, and comes back by the history. */
export const cached = (visit: Visit, go: (path: string) => Promise<void>): Ordeal => ({
  async leave() {
    await visit.see('seen.page.length = 0');
    await go('/blank/away');
    await visit.until("location.pathname === '/blank/away' && window.seen === undefined");
  },
  async wake() {
    // The page that calls it may be gone before it answers.
    await visit.see('history.back()').catch(() => {});
  },
  check: () => visit.until("seen.page.includes('pageshow true')"),
});

/** What the DevTools call offline leaves an open WebSocket alone, so the proxy holds what is under way. */
export const emulatedOffline = ({ page, visit }: Scene): Ordeal => {
  const emulate = (offline: boolean): Promise<unknown> =>
    page.send('Network.emulateNetworkConditions', {
      offline,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput: -1,
    });
  return {
    async leave() {
      await page.send('Network.enable');
      await visit.network.inject('freeze');
      await emulate(true);
      await visit.until('!navigator.onLine');
    },
    async wake() {
      await visit.network.calm();
      await emulate(false);
    },
  };
};

const namespaceOf = ({ namespace }: Scene): NonNullable<Scene['namespace']> => {
  if (namespace === undefined) throw new Error('this ordeal needs a network namespace');
  return namespace;
};

export const lineDown = (scene: Scene): Ordeal => ({
  async leave() {
    await namespaceOf(scene).down(1);
    await scene.visit.until('!navigator.onLine');
  },
  wake: () => namespaceOf(scene).up(1),
});

/** As a phone that leaves one network, and finds another after a while. */
export const lineSwitched = (scene: Scene): Ordeal => {
  let line: 1 | 2 = 1;
  return {
    async leave() {
      await namespaceOf(scene).down(line);
      await scene.visit.until('!navigator.onLine');
    },
    async wake() {
      line = line === 1 ? 2 : 1;
      await namespaceOf(scene).up(line);
    },
  };
};

/** No process of the browser runs, as in the sleep of a machine; the server may give the link up meanwhile. */
export const stopped = ({ pid, visit }: Scene, isLost: boolean): Ordeal => {
  let goOn = (): void => {};
  let ticks = 0;
  return {
    async leave() {
      ticks = await visit.see('seen.ticks.length');
      goOn = stopFamily(pid);
      if (isLost) await visit.network.inject('rst');
    },
    async wake() {
      goOn();
    },
    async check() {
      const pause = await visit.see<number>(
        `Math.max(...seen.ticks.slice(${ticks}).map((at, i) => at - seen.ticks[${ticks} + i - 1]))`,
      );
      mustBe(pause > 1_000, `the page stands still, but its timers paused for ${pause} ms at most`);
    },
  };
};

/**
 * The clock of the page jumps, and its timers do not: so it looks to a page when the machine has slept. A link that is
 * lost brings nothing any more, and ends when the machine is awake.
 */
export const jumped = ({ visit }: Scene, isLost: boolean): Ordeal => ({
  async leave() {
    if (isLost) await visit.network.inject('freeze');
  },
  async wake() {
    await visit.see('{ const { now } = Date; Date.now = () => now.call(Date) + 300_000; }');
    if (isLost) await visit.network.inject('rst');
  },
  // The page looks at its clock every two seconds, and what it makes of the jump belongs to this round.
  check: () => visit.until(`seen.ticks.at(-1) > ${clock() + 2_500}`),
});

/** A slow machine whose page has other things to do as well. */
export const slow = ({ page, visit }: Scene): Ordeal => {
  const slowDown = (rate: number): Promise<unknown> => page.send('Emulation.setCPUThrottlingRate', { rate });
  return {
    async leave() {
      await slowDown(6);
      await visit.see(`window.busy = setInterval(() => {
        for (const end = performance.now() + 300; performance.now() < end; );
      }, 400)`);
    },
    async wake() {
      await visit.see('clearInterval(busy)');
      await slowDown(1);
    },
  };
};
