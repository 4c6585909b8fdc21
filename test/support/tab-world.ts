import type { Continuation, Message, Place, SocketStats } from '../../src/index.js';
import type { Command, Input, Told } from '../../src/tabs/io.js';
import { createSession, type Session } from '../../src/tabs/session.js';
import type { Entry, News, Said } from '../../src/tabs/words.js';

const STATS: SocketStats = {
  roundTrip: undefined,
  opened: 0,
  sent: 0,
  bytesSent: 0,
  received: 0,
  bytesReceived: 0,
  forgotten: 0,
  recovered: undefined,
  lastClose: undefined,
};

/** A server with one numbered stream that keeps all it ever said, and remembers ids by `client` alone. */
class FakeServer {
  head: number = 0;
  /** Each id that took effect, as often as it did. */
  readonly processed: string[] = [];
  readonly #known = new Set<string>();
  /** The newest socket of each client. */
  readonly current: Map<string, FakeSocket> = new Map();

  take(client: string, { id, message }: Entry): void {
    const key = `${client} ${id}`;
    if (message.type === 'order' && this.#known.has(key)) return;
    this.#known.add(key);
    this.processed.push(id);
  }
}

/** The socket of a leader, as far as the session of a tab knows one. Nothing of it moves but by `work`. */
export class FakeSocket {
  readonly client: string;
  conn: number;
  cursor: number | undefined;
  queued: Entry[] = [];
  readonly channels: Set<string> = new Set();
  readonly calls: string[] = [];
  readonly continuation: Continuation | undefined;
  /** Its leader is gone or has let go of it. */
  over = false;
  #linked = false;
  readonly #server: FakeServer;
  readonly told: (news: Told) => void;

  constructor(server: FakeServer, name: string, continuation: Continuation | undefined, told: (news: Told) => void) {
    this.#server = server;
    this.told = told;
    this.continuation = continuation;
    this.client = continuation?.client ?? name;
    this.conn = (continuation?.conn ?? 0) + 1;
    this.cursor = continuation?.cursors.find(({ channel }) => channel === undefined)?.seq;
    this.live('connecting');
  }

  live(status: 'connecting' | 'open'): void {
    const { client, conn } = this;
    this.told({ do: 'life', state: { status }, stats: STATS, client, conn, welcomed: true });
  }

  step(to: Place, message?: Message): void {
    this.cursor = to.seq;
    this.told({ do: 'step', channel: undefined, to, message });
  }

  hand(entry: Entry): void {
    const isProved = entry.message.type === 'order';
    if (entry.since === undefined || isProved) this.queued.push(entry);
    else this.told({ do: 'settled', id: entry.id, outcome: 'unknown' });
  }

  /** Connects if it has not, writes what waits, and reads this many messages. */
  work(reads: number): void {
    const server = this.#server;
    // One that was taken over comes back for as long as the other one does not.
    if (server.current.get(this.client)?.over) this.#linked = false;
    if (!this.#linked) {
      // A lower one is refused, and tried again with the next.
      while ((server.current.get(this.client)?.conn ?? 0) > this.conn) this.conn++;
      this.#linked = true;
      server.current.set(this.client, this);
      this.live('open');
      if (this.cursor === undefined) this.step({ seq: server.head, epoch: 'e' });
    }
    // Another one has taken over.
    if (server.current.get(this.client) !== this) return;
    for (const entry of this.queued.splice(0)) {
      server.take(this.client, entry);
      this.told({
        do: 'settled',
        id: entry.id,
        outcome: entry.message.type === 'order' ? 'acked' : 'sent',
      });
    }
    for (let i = 0; i < reads && (this.cursor ?? 0) < server.head; i++) {
      const seq = (this.cursor ?? 0) + 1;
      this.step({ seq, epoch: 'e' }, { type: 'news', n: seq } as Message);
    }
  }
}

/** One tab of the world: `hung` ones do nothing, and what comes waits. */
export interface WorldTab {
  readonly name: string;
  readonly session: Session;
  readonly inbox: (Input | { readonly type: 'granted' })[];
  readonly heard: number[];
  readonly news: News[];
  readonly states: string[];
  readonly outcomes: Map<string, string>;
  socket: FakeSocket | undefined;
  present: boolean;
  alive: boolean;
  hung: boolean;
  sends: number;
}

/** A world with tabs that have found each other; the first one leads. */
export const worldOf = (count: number, keep?: number): { world: TabWorld; tabs: WorldTab[] } => {
  const world = new TabWorld(keep);
  const tabs = Array.from({ length: count }, () => {
    const tab = world.open();
    world.settle();
    return tab;
  });
  return { world, tabs };
};

/** Tabs of one origin, the lock that they share, and the words between them. Everything happens when a test says so. */
export class TabWorld {
  now: number = 1_000;
  readonly server: FakeServer = new FakeServer();
  readonly tabs: WorldTab[] = [];
  readonly words: Said[] = [];
  holder: WorldTab | undefined;
  #queue: WorldTab[] = [];
  /** Who has tried to take the lock by force, for each attempt. */
  readonly #heirs = new Map<string, WorldTab>();
  readonly #watchers: { readonly tab: string; readonly by: WorldTab }[] = [];
  readonly #keep: number;

  constructor(keep: number = 1_000) {
    this.#keep = keep;
  }

  open(): WorldTab {
    const name = `t${this.tabs.length + 1}`;
    const session = createSession({ tab: name, patience: 1_000, keep: this.#keep, maxMessages: 100 });
    const tab: WorldTab = {
      name,
      session,
      inbox: [],
      heard: [],
      news: [],
      states: [],
      outcomes: new Map(),
      socket: undefined,
      present: true,
      alive: true,
      hung: false,
      sends: 0,
    };
    this.tabs.push(tab);
    this.input(tab, { type: 'enter' });
    return tab;
  }

  /** All in one task. */
  input(tab: WorldTab, ...inputs: Input[]): void {
    const wants = inputs.some(({ type }) => type === 'subscribe' || type === 'unsubscribe');
    for (const input of wants ? [...inputs, { type: 'task-over' } as const] : inputs) {
      // The real shell runs to completion, too: what comes meanwhile waits behind.
      const commands = tab.session.handle(input, { now: this.now, random: () => 0.5 });
      for (const command of commands) this.#run(tab, command);
    }
  }

  /** Lets a tab take this many things that have come for it. */
  read(tab: WorldTab, count: number = Number.POSITIVE_INFINITY): void {
    for (let i = 0; i < count && tab.alive && !tab.hung; i++) {
      const input = tab.inbox.shift();
      if (!input) return;
      if (input.type !== 'granted') this.input(tab, input);
      else if (this.holder === tab && tab.present) {
        this.input(tab, { type: 'locked', alone: !this.tabs.some((other) => other !== tab && other.present) });
      }
    }
  }

  send(tab: WorldTab, type: 'order' | 'plain' = 'order'): string {
    const id = `${tab.name}-${type}-${++tab.sends}`;
    const entry = { id, message: { type }, channel: undefined, createdAt: this.now, ttl: undefined };
    this.input(tab, { type: 'send', entry: { ...entry, request: false, since: undefined } });
    return id;
  }

  /** The page goes: frozen, kept by the browser, closed. It says so, and its socket closes. */
  leave(tab: WorldTab, why: 'freeze' | 'pagehide' | 'called'): void {
    if (!tab.present) return;
    this.input(tab, { type: 'leave', why, unwritten: tab.socket?.queued.map(({ id }) => id) ?? [] });
    this.#gone(tab);
  }

  comeBack(tab: WorldTab): void {
    if (tab.present || !tab.alive) return;
    tab.present = true;
    this.input(tab, { type: 'enter' });
  }

  close(tab: WorldTab): void {
    this.leave(tab, 'pagehide');
    tab.alive = false;
  }

  /** The process dies, and nobody is told anything but by the lock. */
  crash(tab: WorldTab): void {
    tab.alive = false;
    this.#gone(tab);
  }

  pass(ms: number): void {
    this.now += ms;
    for (const tab of this.tabs) {
      if (tab.alive && !tab.hung && tab.present && tab.session.nextDeadline() <= this.now)
        this.input(tab, { type: 'alarm' });
    }
  }

  /** All that is awake goes on until nothing is left to do. */
  settle(): void {
    for (let passes = 0; passes < 20; passes++) {
      for (let round = 0; this.tabs.some(({ inbox, hung }) => inbox.length > 0 && !hung); round++) {
        if (round > 200) throw new Error('the tabs do not come to rest');
        this.#turn();
      }
      this.#turn();
      this.pass(300);
    }
  }

  #turn(): void {
    for (const tab of this.tabs) {
      this.read(tab);
      if (!tab.hung) tab.socket?.work(Infinity);
    }
  }

  get leaders(): WorldTab[] {
    return this.tabs.filter((tab) => tab.alive && tab.socket !== undefined);
  }

  #gone(tab: WorldTab): void {
    tab.present = false;
    this.#letGo(tab);
    tab.inbox.length = 0;
    this.#queue = this.#queue.filter((other) => other !== tab);
    if (this.holder === tab) this.#grantNext();
    for (const { by } of this.#watchers.filter((watcher) => watcher.tab === tab.name)) {
      if (by.present) by.inbox.push({ type: 'gone', tab: tab.name });
    }
  }

  #letGo(tab: WorldTab): void {
    if (tab.socket) tab.socket.over = true;
    tab.socket = undefined;
  }

  #grantNext(): void {
    this.holder = this.#queue.shift();
    this.holder?.inbox.push({ type: 'granted' });
  }

  #run(tab: WorldTab, command: Command): void {
    switch (command.do) {
      case 'post':
        this.words.push({ ...command.word, from: tab.name });
        for (const other of this.tabs) {
          if (other === tab || !other.present) continue;
          other.inbox.push({ type: 'heard', said: structuredClone({ ...command.word, from: tab.name }) });
        }
        break;
      case 'compete':
        if (this.holder === tab) this.#grantNext();
        if (!this.#queue.includes(tab)) this.#queue.push(tab);
        if (!this.holder) this.#grantNext();
        break;
      case 'steal': {
        if (this.#heirs.get(command.attempt)?.present) return;
        this.#heirs.set(command.attempt, tab);
        const robbed = this.holder;
        this.holder = tab;
        if (robbed !== tab) robbed?.inbox.push({ type: 'robbed' });
        tab.inbox.push({ type: 'granted' });
        break;
      }
      case 'watch':
        this.#watchers.push({ tab: command.tab, by: tab });
        break;
      case 'arrive':
      case 'part':
        break;
      case 'lead':
        tab.socket = new FakeSocket(this.server, `${tab.name} ${this.now}`, command.continuation, (news) =>
          this.input(tab, { type: 'told', news }),
        );
        break;
      case 'resign':
        this.#letGo(tab);
        break;
      case 'hand':
        tab.socket?.hand(command.entry);
        break;
      case 'withdraw':
      case 'call':
        tab.socket?.calls.push(command.do === 'call' ? command.call : `withdraw ${command.id}`);
        break;
      case 'subscribe':
        tab.socket?.channels.add(command.channel);
        break;
      case 'unsubscribe':
        tab.socket?.channels.delete(command.channel);
        break;
      case 'state':
        tab.states.push(command.state.status);
        break;
      default:
        this.#tell(tab, command);
    }
  }

  #tell(tab: WorldTab, news: News): void {
    tab.news.push(news);
    if (news.do === 'life') tab.states.push(news.state.status);
    if (news.do === 'settled') tab.outcomes.set(news.id, news.outcome);
    if (news.do !== 'step') return;
    if (news.gap) for (let n = (news.gap.from ?? 0) + 1; n <= (news.gap.to ?? 0); n++) tab.heard.push(-n);
    if (news.message) tab.heard.push((news.message as unknown as { n: number }).n);
  }
}
