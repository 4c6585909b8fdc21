import type { ScriptedSocket } from '../../src/testing/scripted-socket.js';
import type { VirtualClock } from '../../src/testing/virtual-clock.js';

export interface Frame {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** What the network does to the links; changed by the scenario as time goes by. */
export interface Weather {
  /** ms that a frame needs, each way. */
  latency: number;
  /** How dials end. */
  dials: 'open' | 'refused' | 'hang';
}

/** How often the situations came up that a property is about. */
export interface Tally {
  /** The network reset a live link; a frame of it was on its way. */
  cuts: number;
  lossyCuts: number;
  freezes: number;
  thaws: number;
  peerCloses: number;
  /** Something was written behind a ping, whose pong came and proves nothing of it. */
  races: number;
  refused: number;
  /** The same id came to the server again. */
  resends: number;
  /** The server discarded a frame of a link that was taken over. */
  stale: number;
  replayed: number;
}

/**
 * One connection through a network that keeps the order and loses nothing while it lives, as TCP does: what is on its
 * way when it is cut is lost, and what is on its way when it freezes comes after the thaw, or never.
 */
class Link {
  position = 0;
  readonly #network: PropertyNetwork;
  readonly socket: ScriptedSocket;
  readonly conn: number;
  /** The server reads nothing more of it. */
  #dead = false;
  /** What was on its way is lost, in both directions. */
  #reset = false;
  #frozen = false;
  #held: (() => void)[] = [];
  /** No frame overtakes the one before it, also when the latency falls. */
  #lastAt: Record<'up' | 'down', number> = { up: 0, down: 0 };
  #underWay = 0;
  /** The link dies after so many more frames to the server. */
  #fuse = Infinity;

  constructor(socket: ScriptedSocket, network: PropertyNetwork) {
    this.socket = socket;
    this.#network = network;
    this.conn = Number(new URL(socket.url).searchParams.get('conn'));
    socket.send = (data) => {
      const before = socket.sent.length;
      Object.getPrototypeOf(socket).send.call(socket, data);
      if (socket.sent.length > before) this.#carry('up', () => this.#arrive(JSON.parse(String(data))));
    };
    socket.close = (code, reason) => {
      Object.getPrototypeOf(socket).close.call(socket, code, reason);
      // The server learns of it unless the link is frozen; the client's own event comes later, or never.
      this.#carry('up', () => this.die());
    };
  }

  get live(): boolean {
    return !this.#dead && this.socket.readyState === 1;
  }

  get frozen(): boolean {
    return this.#frozen;
  }

  get underWay(): number {
    return this.#underWay;
  }

  send(frame: object): void {
    this.#carry('down', () => {
      if (this.socket.readyState === 1 || this.socket.readyState === 2) this.socket.receive(frame);
    });
  }

  freeze(): void {
    this.#frozen = true;
  }

  thaw(): void {
    this.#frozen = false;
    for (const pass of this.#held.splice(0)) pass();
  }

  /** Dies right after the server has read `frames` more; their answers are lost. */
  lightFuse(frames: number): void {
    this.#fuse = frames;
  }

  /** The server hears no more of it. */
  die(): void {
    this.#dead = true;
    this.#network.gone(this);
  }

  /** The network, or the server, ends it. What was on its way is lost. */
  cut(code: number): void {
    this.die();
    // On a frozen link the client learns nothing, and may still get later what the server had sent.
    if (this.#frozen) return;
    this.#reset = true;
    this.#network.clock.setTimer(() => {
      if (this.socket.readyState === 1 || this.socket.readyState === 2) this.socket.drop(code, '', code !== 1006);
    }, 1);
  }

  #carry(way: 'up' | 'down', pass: () => void): void {
    const { clock, weather } = this.#network;
    const at = Math.max(clock.now() + weather.latency, this.#lastAt[way]);
    this.#lastAt[way] = at;
    this.#underWay += 1;
    const arrive = (): void => {
      this.#underWay -= 1;
      if (this.#reset) return;
      if (this.#dead && way === 'up') this.#network.tally.stale += 1;
      else pass();
    };
    clock.setTimer(() => {
      if (this.#frozen) this.#held.push(arrive);
      else arrive();
    }, at - clock.now());
  }

  #arrive(frame: Frame): void {
    if (this.#fuse <= 0) return;
    this.#network.read(this, frame);
    this.#fuse -= 1;
    if (this.#fuse === 0) {
      this.#network.tally.lossyCuts += 1;
      this.cut(1006);
    }
  }
}

/**
 * The network and the server at its end, all on the virtual clock: numbers, replays, remembers ids, lets the newer
 * connection take over. It is short, so that one can see that it is right.
 */
export class PropertyNetwork {
  readonly clock: VirtualClock;
  readonly weather: Weather = { latency: 20, dials: 'open' };
  readonly tally: Tally = {
    cuts: 0,
    lossyCuts: 0,
    freezes: 0,
    thaws: 0,
    peerCloses: 0,
    races: 0,
    refused: 0,
    resends: 0,
    stale: 0,
    replayed: 0,
  };
  /** Whether the server says `welcome`, with an epoch, or is one of those with `seq` alone. */
  readonly #says: boolean;
  readonly #random: () => number;
  readonly #log: Frame[] = [];
  readonly #links: Link[] = [];
  #current: Link | undefined;
  #newestConn = 0;
  /** How often each id came over the wire. */
  readonly wire: Map<string, number> = new Map();
  /** What took effect, in order: messages with an id once each, all others as they came. */
  readonly effects: Frame[] = [];

  constructor(clock: VirtualClock, random: () => number, welcome: boolean) {
    this.clock = clock;
    this.#random = random;
    this.#says = welcome;
  }

  get link(): Link | undefined {
    return this.#links.filter(({ live }) => live).at(-1);
  }

  get published(): number {
    return this.#log.length;
  }

  publish(): void {
    this.#log.push({ type: 'news', seq: this.#log.length + 1 });
    if (this.#current !== undefined) this.#catchUp(this.#current);
  }

  /** The client has made a socket. */
  dialled(socket: ScriptedSocket): void {
    const { dials, latency } = this.weather;
    if (dials === 'hang') return;
    if (dials === 'refused') this.tally.refused += 1;
    const link = new Link(socket, this);
    this.clock.setTimer(
      () => {
        if (socket.readyState !== 0) return;
        if (dials === 'refused') return socket.fail();
        this.#links.push(link);
        this.#admit(link);
        socket.open();
      },
      2 * latency + 1,
    );
  }

  thawAll(): void {
    for (const link of this.#links) {
      if (!link.frozen) continue;
      this.tally.thaws += 1;
      link.thaw();
    }
  }

  read(link: Link, frame: Frame): void {
    if (frame.type === 'ping') return link.send({ type: 'pong', t: frame.t });
    const id = typeof frame.messageId === 'string' ? frame.messageId : undefined;
    if (id === undefined) {
      this.effects.push(frame);
      return;
    }
    const times = this.wire.get(id) ?? 0;
    this.wire.set(id, times + 1);
    if (times === 0) this.effects.push(frame);
    else this.tally.resends += 1;
    if (frame.type !== 'order') return;
    // Some answers take their time.
    const think = this.#random() < 0.3 ? this.#random() * 200 : 0;
    this.clock.setTimer(() => link.live && link.send({ type: 'ack', messageId: id }), think);
  }

  gone(link: Link): void {
    if (this.#current === link) this.#current = undefined;
  }

  #admit(link: Link): void {
    if (link.conn < this.#newestConn) return link.cut(4409);
    this.#newestConn = link.conn;
    if (this.#current !== undefined) {
      const old = this.#current;
      this.gone(old);
      old.cut(4409);
    }
    this.#current = link;
    const query = new URL(link.socket.url).searchParams;
    link.position = Number(query.get('lastSeq') ?? this.#log.length);
    if (this.#says) link.send({ type: 'welcome', epoch: 'e', seq: link.position, ids: 3_600_000 });
    this.tally.replayed += this.#log.length - link.position;
    this.#catchUp(link);
  }

  #catchUp(link: Link): void {
    for (; link.position < this.#log.length; link.position += 1) link.send(this.#log[link.position] as Frame);
  }
}
