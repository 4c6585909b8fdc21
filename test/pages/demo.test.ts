import type { Page } from 'playwright';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Blow, type SideName, sideNames } from '../../src/cli/demo/api.js';
import { type Demo, serveDemo } from '../../src/cli/demo/host/serve.js';
import type { Session } from '../../src/cli/demo/host/session.js';
import { describeInChromium, type OpenPage, useChromium } from '../support/pages.js';

type Direction = 'in' | 'out';
type Row = 'Sent' | 'Received' | 'Waiting' | 'Lost in silence' | 'Lost, but told' | 'Repeated' | 'Out of order';
type Numbers = (row: Row, side: SideName, direction: Direction) => number;

let demo: Demo;

beforeAll(async () => {
  demo = await serveDemo(0);
});

afterAll(() => demo?.close());

const open = useChromium();

/** The demo's page as a visitor sees it, and the servers behind it. */
class Visit {
  readonly page: Page;
  readonly errors: readonly string[];
  readonly session: Session;

  private constructor({ page, errors }: OpenPage, session: Session) {
    this.page = page;
    this.errors = errors;
    this.session = session;
  }

  /** Resolves once both clients talk. */
  static async begin(viewport = { width: 1_280, height: 860 }): Promise<Visit> {
    const opened = await open('about:blank', { viewport });
    const asked = opened.page.waitForRequest(/token$/);
    await opened.page.goto(demo.url);
    const id = (await asked).url().split('/').at(-2);
    const visit = new Visit(opened, demo.sessions.find((session) => session.id === id) as Session);
    await visit.sees('both clients talk', (count) => {
      return sideNames.every((side) => count('Received', side, 'in') > 5 && count('Received', side, 'out') > 5);
    });
    return visit;
  }

  async numbers(): Promise<Numbers> {
    const cells = await this.page.locator('[data-count]').evaluateAll((found) => {
      return found.map((cell) => [cell.getAttribute('data-count'), cell.textContent]);
    });
    const counts = new Map(cells.map(([name, text]) => [name, Number(text?.replaceAll(',', ''))]));
    return (row, side, direction) => counts.get(`${side} ${direction} ${row}`) ?? Number.NaN;
  }

  /** Waits for the numbers to be so. */
  async sees(what: string, isSo: (numbers: Numbers) => boolean, timeout = 60_000): Promise<void> {
    const end = performance.now() + timeout;
    while (!isSo(await this.numbers())) {
      if (performance.now() > end) throw new Error(`after ${timeout} ms still not: ${what}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  text(id: string): Promise<string> {
    return this.page.locator(`#${id}`).innerText();
  }

  /** Writes down all that this place says from now on: what passes may be gone before it is looked for. */
  async watch(id: string): Promise<() => Promise<string[]>> {
    const said = await this.page.evaluateHandle((place) => {
      const element = document.getElementById(place);
      const texts: string[] = [];
      const note = () => texts.push(element?.textContent ?? '');
      if (element !== null) new MutationObserver(note).observe(element, { childList: true, characterData: true });
      return texts;
    }, id);
    return () => said.jsonValue();
  }

  /** The most messages to each side that the page says are waiting, from now on. */
  async watchWaiting(): Promise<() => Promise<number[]>> {
    const most = await this.page.evaluateHandle((sides) => {
      const cells = sides.map((side) => document.querySelector(`[data-count="${side} in Waiting"]`));
      const highest = cells.map(() => 0);
      const look = () =>
        cells.forEach((cell, at) => {
          highest[at] = Math.max(highest[at] ?? 0, Number(cell?.textContent?.replaceAll(',', '')));
        });
      new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
      return highest;
    }, sideNames);
    return () => most.jsonValue();
  }

  async reads(id: string, wanted: RegExp): Promise<void> {
    await this.page.locator(`#${id}`).filter({ hasText: wanted }).waitFor({ timeout: 60_000 });
  }

  /** Presses the button, and waits until the page says that its effect is over. */
  async strike(blow: Blow): Promise<void> {
    const button = this.page.locator(`#${blow}`);
    await button.click();
    await button.and(this.page.locator(':not([aria-disabled])')).waitFor({ timeout: 60_000 });
  }

  async naiveLosesBothWays(): Promise<void> {
    await this.sees('the naive client loses both ways', (count) => {
      return count('Lost in silence', 'naive', 'in') > 0 && count('Lost in silence', 'naive', 'out') > 0;
    });
  }

  /** Lets everything come home, and compares the page with the servers behind it. Returns the last numbers. */
  async ends({ underWay = 0 } = {}): Promise<Numbers> {
    await this.page.click('#pause');
    await this.sees('ReliableSocket has caught up', (count) => {
      return count('Waiting', 'reliable', 'in') === underWay && count('Waiting', 'reliable', 'out') === 0;
    });
    const agree = (count: Numbers): boolean =>
      sideNames.every((side) => {
        const { in: inbound, out } = this.session.sides[side];
        return (
          count('Sent', side, 'in') === inbound.sent &&
          count('Received', side, 'out') === out.received &&
          count('Repeated', side, 'out') === out.repeated &&
          count('Out of order', side, 'out') === out.outOfOrder
        );
      });
    await this.sees('the page counts as its servers do', agree);
    const count = await this.numbers();
    for (const direction of ['in', 'out'] as const) {
      expect(count('Lost in silence', 'reliable', direction)).toBe(0);
      expect(count('Out of order', 'reliable', direction)).toBe(0);
      expect(count('Received', 'reliable', direction)).toBe(
        count('Sent', 'reliable', direction) -
          count('Lost, but told', 'reliable', direction) +
          count('Repeated', 'reliable', direction),
      );
    }
    expect(this.errors).toEqual([]);
    await this.page.context().close();
    return count;
  }
}

const told = (count: Numbers): number =>
  count('Lost, but told', 'reliable', 'in') + count('Lost, but told', 'reliable', 'out');
const repeated = (count: Numbers): number => count('Repeated', 'reliable', 'in') + count('Repeated', 'reliable', 'out');

describeInChromium.concurrent('the page of the demo', () => {
  it('says that nothing is lost, and loses nothing, while nobody breaks anything', async () => {
    const visit = await Visit.begin();
    await visit.reads('explanation', /Both are connected/);
    expect(await visit.page.locator('h1').innerText()).toContain('Nothing is lost yet');
    const count = await visit.ends();
    for (const side of sideNames) expect(count('Received', side, 'in')).toBe(count('Sent', side, 'in'));
    expect([told(count), repeated(count)]).toEqual([0, 0]);
  });

  it('cut: counts down to the next attempt; the naive client loses, ReliableSocket does not', async () => {
    const visit = await Visit.begin();
    const [links, explanations] = [await visit.watch('reliable-link'), await visit.watch('explanation')];
    const struck = visit.strike('cut');
    await visit.page.locator('#cut[aria-disabled=true]').waitFor();
    await struck;
    await visit.naiveLosesBothWays();
    const countdowns = new Map<string, number[]>();
    for (const text of await links()) {
      const [, attempt = '', seconds] = /^Down, attempt (\d+) in (\d\.\d) s$/.exec(text) ?? [];
      if (seconds !== undefined) countdowns.set(attempt, [...(countdowns.get(attempt) ?? []), Number(seconds)]);
    }
    for (const seconds of countdowns.values()) expect(seconds).toEqual([...seconds].sort((a, b) => b - a));
    expect(Math.max(...[...countdowns.values()].map(({ length }) => length))).toBeGreaterThan(2);
    expect(await explanations()).toContainEqual(expect.stringMatching(/^ReliableSocket knows that the link is down/));
    await visit.reads('headline-first', /The naive client lost \d+ messages\./);
    await visit.reads('headline-second', /ReliableSocket lost none\./);
    const count = await visit.ends();
    expect([told(count), repeated(count)]).toEqual([0, 0]);
  });

  it('freeze: the naive client notices nothing, ReliableSocket is back long before', async () => {
    const visit = await Visit.begin();
    const [links, explanations] = [await visit.watch('naive-link'), await visit.watch('explanation')];
    await visit.strike('freeze');
    await visit.reads('log', /ReliableSocket lost its link: no sign of life/);
    expect(await links()).toContainEqual(expect.stringMatching(/^Open, but silent for/));
    expect(await explanations()).toContainEqual(
      expect.stringMatching(/^The naive client believes that it is connected.*ReliableSocket noticed/),
    );
    await visit.naiveLosesBothWays();
    const count = await visit.ends();
    expect([told(count), repeated(count)]).toEqual([0, 0]);
    // Seconds of both directions.
    expect(count('Lost in silence', 'naive', 'in')).toBeGreaterThan(30);
    expect(count('Lost in silence', 'naive', 'out')).toBeGreaterThan(30);
  });

  it('slow: everything is late and nobody loses', async () => {
    const visit = await Visit.begin();
    const waiting = await visit.watchWaiting();
    // A page that has to wait for its own turn may not get to show it the first time.
    do await visit.strike('slow');
    while ((await waiting()).some((count) => count < 5));
    expect(await visit.text('log')).not.toContain('lost its link');
    const count = await visit.ends();
    expect([told(count), repeated(count)]).toEqual([0, 0]);
    for (const direction of ['in', 'out'] as const) expect(count('Lost in silence', 'naive', direction)).toBe(0);
  });

  it('flood: of thousands at once the naive client loses hundreds', async () => {
    const visit = await Visit.begin();
    await visit.strike('flood');
    await visit.sees('the naive client loses hundreds each way', (count) => {
      return count('Lost in silence', 'naive', 'in') > 200 && count('Lost in silence', 'naive', 'out') > 200;
    });
    const count = await visit.ends();
    expect([told(count), repeated(count)]).toEqual([0, 0]);
    for (const direction of ['in', 'out'] as const)
      expect(count('Received', 'reliable', direction)).toBeGreaterThan(2_000);
  });

  it('restart with its memory: ReliableSocket gets what was said meanwhile', async () => {
    const visit = await Visit.begin();
    await visit.strike('restart');
    await visit.naiveLosesBothWays();
    expect(await visit.text('log')).not.toContain('gap');
    const count = await visit.ends();
    expect([told(count), repeated(count)]).toEqual([0, 0]);
  });

  it('restart without its memory: what is gone for good is told in one gap', async () => {
    const visit = await Visit.begin();
    await visit.strike('forget');
    await visit.naiveLosesBothWays();
    await visit.reads(
      'explanation',
      /The server forgot \d+ messages\. ReliableSocket told the application in one gap event/,
    );
    const log = await visit.text('log');
    expect(log.match(/told the application of a gap: epoch/g)).toHaveLength(1);
    const count = await visit.ends();
    // How many the world said meanwhile is up to the machine.
    expect(count('Lost, but told', 'reliable', 'in')).toBeGreaterThan(0);
    expect(count('Lost, but told', 'reliable', 'out')).toBe(0);
  });

  it('expired token: ReliableSocket brings a new one at once, the naive client is refused for seconds', async () => {
    const visit = await Visit.begin();
    const { token } = visit.session;
    await visit.strike('expire');
    await visit.reads('log', /Naive client lost its link: token refused/);
    await visit.reads('log', /ReliableSocket is back/);
    await visit.naiveLosesBothWays();
    const { reliable } = visit.session.sides;
    expect(reliable.server.connections.at(-1)?.token).toBe(visit.session.token);
    expect(visit.session.token).not.toBe(token);
    const count = await visit.ends();
    expect([told(count), repeated(count)]).toEqual([0, 0]);
  });

  it.each([390, 1_280])('fits a window of %i px, and draws what arrived', async (width) => {
    const visit = await Visit.begin({ width, height: 844 });
    expect(await visit.page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    await visit.page.locator('[role=img][aria-label*="0 of"] canvas').nth(3).waitFor();
    // The newest bar but one of every strip is filled with the colour of arrival.
    await visit.page.waitForFunction(() => {
      const canvases = Array.from(document.querySelectorAll<HTMLCanvasElement>('.strip canvas'));
      return canvases.every((canvas) => {
        const place = canvas.width * (1 - 2.5 / 80);
        const pixel = canvas.getContext('2d')?.getImageData(place, canvas.height / 2, 1, 1).data ?? [];
        const [red = 0, , blue = 0, alpha] = pixel;
        return alpha === 255 && blue > red;
      });
    });
    await visit.ends();
  });
});
