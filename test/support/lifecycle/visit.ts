import { sleep } from '../network.js';
import { RemoteNetwork, type RemoteOptions } from '../remote-network.js';

/** A page of any browser. */
export interface Tab {
  /** The value of an expression; a promise is awaited. */
  evaluate<T>(expression: string): Promise<T>;
}

/** What a page knows of its own life, and of the conversation in it. Times in ms of `clock()`. */
export interface Seen {
  /** The numbers of the messages that came, and when. */
  readonly heard: readonly number[];
  readonly heardAt: readonly number[];
  /** How often an order was given, and what became of each that is settled. */
  readonly ordered: number;
  readonly outcomes: readonly string[];
  readonly openedAt: readonly number[];
  /** What the client last meant to wait before each `open`. */
  readonly waits: readonly number[];
  /** Why each link was lost. */
  readonly losses: readonly string[];
  /** Gaps, errors, and messages whose fate is not known. */
  readonly troubles: readonly unknown[];
  /** Events of the page. */
  readonly page: readonly string[];
  /** When its timer for every 100 ms ran. */
  readonly ticks: readonly number[];
}

/** The same in Node and in pages of the same machine, and deaf to whoever sets the clock. */
export const clock = (): number => performance.timeOrigin + performance.now();

export interface VisitOptions {
  /** Where the page finds the host and the server, if that is not where everybody does. */
  readonly via?: (url: string) => Promise<string>;
  /** The source of the options of the client beside its policies; it may await. @default none: it is as it comes */
  readonly client?: (host: string) => string;
  readonly server?: RemoteOptions;
}

/** Between two messages of the server, in ms. */
const PACE = 50;

/** Runs in the page. */
const script = (host: string, url: string, client: string): string => `(async () => {
  const { queue, ReliableSocket } = await import('${host}/package/index.js');
  const clock = () => performance.timeOrigin + performance.now();
  const seen = window.seen = {
    heard: [], heardAt: [], ordered: 0, outcomes: [], openedAt: [], waits: [], losses: [], troubles: [], page: [], ticks: [],
  };
  const socket = window.socket = new ReliableSocket('${url}', { policies: { order: queue({ ack: 'message' }) }, ${client} });
  socket.onMessage('news', ({ n }) => { seen.heard.push(n); seen.heardAt.push(clock()); });
  let wait = 0;
  socket.on('state', (state) => { if (state.status === 'waiting') wait = state.retryAt - Date.now(); });
  socket.on('open', () => { seen.openedAt.push(clock()); seen.waits.push(wait); });
  socket.on('close', ({ code, cause }) => seen.losses.push(code + ' ' + cause));
  for (const trouble of ['gap', 'error', 'undelivered']) {
    socket.on(trouble, (event) => seen.troubles.push(trouble + ': ' + (event.message ?? event.reason)));
  }
  for (const type of ['freeze', 'resume', 'visibilitychange']) document.addEventListener(type, () => seen.page.push(type));
  for (const type of ['online', 'offline']) addEventListener(type, () => seen.page.push(type));
  addEventListener('pageshow', ({ persisted }) => seen.page.push('pageshow ' + persisted));
  window.ordering = true;
  setInterval(() => {
    seen.ticks.push(clock());
    if (ordering) socket.send({ type: 'order', n: ++seen.ordered }).settled.then(({ outcome }) => seen.outcomes.push(outcome));
  }, 100);
  window.connectBare = () => new Promise((resolve, reject) => {
    const bare = new WebSocket('${url}');
    bare.onopen = () => { resolve(clock()); bare.close(); };
    bare.onerror = reject;
  });
  await socket.opened();
})()`;

/** A page with a client at work: the server says something all the time, and so does the page. */
export class Visit {
  readonly network: RemoteNetwork;
  readonly tab: Tab;
  /** The server has nothing to say. What comes in lets a page act that has no timers to act by. */
  isQuiet: boolean = false;
  #published = 0;
  #publishing: Promise<void> | undefined;

  static async begin(host: string, tab: Tab, options: VisitOptions = {}): Promise<Visit> {
    const { via = async (url) => url, client = () => '', server } = options;
    const network = await RemoteNetwork.open(host, server);
    const visit = new Visit(network, tab);
    const near = await via(host);
    await tab.evaluate(script(near, await via(network.url), client(near)));
    visit.#publishing = visit.#publish();
    return visit;
  }

  private constructor(network: RemoteNetwork, tab: Tab) {
    this.network = network;
    this.tab = tab;
  }

  /** @param expression Of `seen`, in the page. */
  see<T>(expression: string): Promise<T> {
    return this.tab.evaluate(expression);
  }

  /** Waits for a condition of the page, also over a navigation. */
  async until(condition: string, timeout: number = 30_000): Promise<void> {
    const end = clock() + timeout;
    while (!(await this.see<boolean>(condition).catch(() => false))) {
      if (clock() > end) throw new Error(`after ${timeout} ms still not: ${condition}; ${await this.#describe()}`);
      await sleep(10);
    }
  }

  /** When a WebSocket of the browser's own is open that is made here and now, and anew while that fails. */
  async connectBare(): Promise<number> {
    for (;;) {
      try {
        return await this.see<number>('connectBare()');
      } catch {
        // The page or the network is not there yet.
        await sleep(10);
      }
    }
  }

  /** Ends all traffic, waits until what is under way has arrived, and tells what was seen and what the server took. */
  async end(): Promise<{ readonly seen: Seen; readonly published: number; readonly received: readonly unknown[] }> {
    const publishing = this.#publishing;
    this.#publishing = undefined;
    await publishing;
    await this.see('ordering = false');
    await this.until(`seen.outcomes.length === seen.ordered && seen.heard.includes(${this.#published})`, 60_000);
    const seen = await this.see<Seen>('seen');
    const { received } = await this.network.see();
    await this.see('void socket.close()');
    await this.network.close();
    return { seen, published: this.#published, received };
  }

  async #publish(): Promise<void> {
    for (this.#publishing ??= Promise.resolve(); this.#publishing !== undefined; await sleep(PACE)) {
      if (this.isQuiet) continue;
      const n = this.#published + 1;
      await this.network.publish(n, n);
      this.#published = n;
    }
  }

  async #describe(): Promise<string> {
    const state =
      'JSON.stringify([socket.state, seen.losses, seen.troubles, seen.page, seen.waits, seen.heard.length])';
    return await this.see<string>(state).catch(String);
  }
}
