import type { Message } from '../protocol/frames.js';
import { check, checkOptions, having, OBJECT, REASON, type Rule, shown, TEXT, timer } from './checks.js';
import { now } from './clock.js';
import { CloseCode, ServerError } from './errors.js';
import { createFeeds, type Feeds } from './feeds.js';
import { createHandling, type Handling } from './handling.js';
import { readHello } from './hello.js';
import { toRefusal } from './hook-answers.js';
import { type Counters, Link, type LinkHost } from './link.js';
import { type AnyMessage, type ResolvedOptions, resolveOptions, type ServerOptions } from './options.js';
import { isAllowedOrigin } from './origins.js';
import type { Appended } from './replay-log.js';
import { afterReads, unref } from './runtime.js';
import type { Identity, Refusal } from './session/io.js';
import { isName } from './session/names.js';
import { createTakeovers, type Takeovers } from './takeovers.js';
import type { Connection, Transport, Upgrade } from './transport.js';
import { acceptFrom, type WsServer } from './ws/ws-server.js';

/** How often deadlines of connections are looked at, in ms: none of them is shorter than a second. */
const TICK = 200;
/** Bytes of a replay that are written as one, unless the bound on a reader is small. */
const BATCH = 16_384;
/** ms that clients get to leave beyond the `within` of their goaway. */
const FAREWELL = 500;
/**
 * Nobody is to leave before so many ms of their goaway, or half of it: a client that leaves at once has not heard the
 * answers to what it sent last, and another process may take that a second time. What is new waits in its last second.
 */
const ANSWERS = 1_000;
/** ms for the answers to what was taken of those who stay to the end, where handlers have no time limit. */
const LAST_ANSWERS = 10_000;

export interface PublishOptions {
  /** @default the default stream */
  readonly channel?: string | undefined;
  /** With the same id a message is published once, however often this is called, for as long as ids are kept. */
  readonly id?: string | undefined;
}

export interface CloseOptions {
  /** Clients leave at a random time within so many ms; 0 closes at once, without the answers to what runs. @default 5_000 */
  readonly within?: number | undefined;
  /** For people, in `goaway`. @default 'restart' */
  readonly reason?: string | undefined;
}

/** What to watch. Numbers since the server was made, but for the first three. */
export interface ServerStats extends Readonly<Counters> {
  readonly connections: number;
  /** Streams that somebody follows here. */
  readonly streams: number;
  /** Bytes that clients have not read. */
  readonly buffered: number;
}

interface Farewell {
  readonly within: number;
  readonly reason: string;
}

const farewellOf = (action: string, options: CloseOptions): Farewell => {
  checkOptions(action, options, { within: timer(0), reason: REASON });
  const { within = 5_000, reason = 'restart' } = options;
  return { within, reason };
};

const WS_SERVER: Rule = {
  ...having('a WebSocketServer of ws', 'on'),
  // An http server has `on` too, and no `options`.
  fits: (value) => typeof Object(value).on === 'function' && OBJECT.fits(Object(value).options),
};
const TRANSPORT = having('a Transport', 'send', 'close', 'terminate', 'pause', 'resume');
const UPGRADE = having('an Upgrade', 'header');
const PUBLISH = { channel: TEXT, id: TEXT };

/** A server for `ReliableSocket` and for every client that speaks PROTOCOL.md. Made by `createServer`. */
export class ReliableServer {
  readonly #options: ResolvedOptions;
  readonly #feeds: Feeds;
  readonly #takeovers: Takeovers;
  readonly #handling: Handling;
  readonly #links = new Set<Link>();
  readonly #attached = new WeakSet<WsServer>();
  readonly #counters: Counters = { written: 0, received: 0, cutOff: 0, takenOver: 0, errors: 0 };
  readonly #host: LinkHost;
  #clock: ReturnType<typeof setInterval> | undefined;
  /** Set once nobody is to come in any more. */
  #closed: Promise<void> | undefined;

  constructor(options: ServerOptions) {
    this.#options = resolveOptions(options);
    const { protocol, limits } = this.#options.session;
    this.#feeds = createFeeds(this.#options.log, protocol, Math.min(BATCH, limits.bufferedBytes / 8));
    this.#takeovers = createTakeovers(this.#options.log.seats);
    this.#handling = createHandling(this.#options, (error) => this.#report(error));
    this.#host = {
      options: this.#options,
      feeds: this.#feeds,
      takeovers: this.#takeovers,
      handling: this.#handling,
      counters: this.#counters,
      name: crypto.randomUUID(),
      report: (error) => this.#report(error),
      left: (link) => this.#left(link),
    };
  }

  /**
   * Takes the connections of a `WebSocketServer` of `ws`, also of one that shares a port with an http server. Its
   * `maxPayload` is lowered to `limits.frameBytes`. To close it is left to you, after `close()`. Throws `bad-option` for
   * what is none, an http server for instance, and for one that is attached already.
   */
  attach(server: WsServer): this {
    check('attach: the server', server, WS_SERVER);
    if (this.#attached.has(server)) throw new ServerError('bad-option', 'attach: the server is attached already');
    this.#attached.add(server);
    acceptFrom(server, this.#options.session.limits.frameBytes, (transport, upgrade) =>
      this.accept(transport, upgrade),
    );
    return this;
  }

  /** Takes one open connection: what an adapter for another library calls. Throws `bad-option` for what is none. */
  accept(transport: Transport, upgrade: Upgrade): Connection {
    check('accept: the transport', transport, TRANSPORT);
    check('accept: the upgrade', upgrade, UPGRADE);
    check('accept: the url of the upgrade', upgrade.url, TEXT);
    const link = new Link(this.#host, transport, upgrade);
    this.#links.add(link);
    this.#clock ??= this.#startClock();
    if (this.#closed !== undefined) {
      link.handle({ type: 'close', code: CloseCode.restart, reason: 'restart' });
    } else if (!isAllowedOrigin(upgrade.header('origin'), this.#options.hooks.origins)) {
      // After the upgrade, since a page can not see why one was refused.
      link.handle({ type: 'close', code: CloseCode.forbidden, reason: 'origin' });
    } else {
      link.handle({ type: 'opened', hello: readHello(upgrade, this.#options) });
    }
    return link;
  }

  /**
   * Numbers a message, keeps it, and sends it to all who follow the stream, on every node of the log. Rejects
   * with `bad-message` for one that can not be sent, and with `log-failed` if the log did not take it, or if nobody can
   * tell: with an `id` it is safe to try again.
   */
  async publish(message: Message | AnyMessage, options: PublishOptions = {}): Promise<Appended> {
    checkOptions('publish', options, PUBLISH);
    const { channel, id } = options;
    const { protocol, limits } = this.#options.session;
    if (!isName(channel, limits)) {
      const given = `${channel?.length} characters long, wanted at most ${limits.nameLength}: nobody could follow it`;
      throw new ServerError('bad-option', `publish: channel is ${given}`);
    }
    let packed: string;
    try {
      packed = protocol.pack(message);
    } catch (cause) {
      throw new ServerError('bad-message', `publish: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
    }
    const once = id === undefined ? undefined : { key: JSON.stringify(['publish', id]), answer: {} };
    try {
      return await this.#options.log.append(channel, packed, once);
    } catch (cause) {
      throw new ServerError('log-failed', `publish to ${channel ?? 'the default stream'}: the log failed`, cause);
    }
  }

  /** Takes a channel away from all who follow it here. Throws `bad-option` for what is no channel or no refusal. */
  revoke(channel: string, given: Refusal = { code: 'revoked', message: 'the right was withdrawn' }): void {
    // None at all would be the default stream, which is for all who were let in.
    check('revoke: the channel', channel, TEXT);
    const refusal = toRefusal(given);
    if (refusal === undefined)
      throw new ServerError('bad-option', `revoke: the refusal is ${shown(given)}, wanted { code, message, retry? }`);
    for (const link of this.#links) link.handle({ type: 'revoke', channel, refusal });
  }

  stats(): ServerStats {
    let buffered = 0;
    for (const link of this.#links) buffered += link.buffered;
    return { connections: this.#links.size, streams: this.#feeds.size(), buffered, ...this.#counters };
  }

  /**
   * Sends everybody away, each at a time of its own, and answers until they have left; then takes nothing more of the
   * rest, and closes each with 1012 once what was taken is answered, or after `hookTimeout` (10 s without one).
   * Resolves when all are gone and no handler runs any more. What was published stays in the log.
   */
  async close(options: CloseOptions = {}): Promise<void> {
    const farewell = farewellOf('close', options);
    // Later, so that it is set before anybody hears of it.
    this.#closed ??= Promise.resolve().then(async () => {
      await this.#sendAway(farewell);
      await this.#feeds.stop();
    });
    return this.#closed;
  }

  /** As `close()`, for those who are connected now: who comes meanwhile is let in, and the server goes on. */
  async sendAway(options: CloseOptions = {}): Promise<void> {
    return this.#sendAway(farewellOf('sendAway', options));
  }

  async #sendAway({ within, reason }: Farewell): Promise<void> {
    const leaving = [...this.#links];
    const gone = Promise.all(leaving.map((link) => link.gone()));
    if (within > 0) {
      const retryAfter = Math.min(ANSWERS, Math.floor(within / 2));
      const goaway = { retryAfter, within: within - retryAfter, reason };
      for (const link of leaving) link.handle({ type: 'goaway', goaway });
      let patience: ReturnType<typeof setTimeout> | undefined;
      const late = new Promise<void>((resolve) => {
        patience = setTimeout(resolve, within + FAREWELL);
      });
      await Promise.race([gone, late]);
      clearTimeout(patience);
    }
    const { hookTimeout } = this.#options;
    // What is answered here is not sent again to another process.
    const patience = within > 0 ? (hookTimeout === Infinity ? LAST_ANSWERS : hookTimeout) : 0;
    for (const link of leaving) link.handle({ type: 'finish', reason, patience });
    await gone;
  }

  #startClock(): ReturnType<typeof setInterval> {
    const look = (): void => {
      const at = now();
      for (const link of this.#links) link.tick(at);
    };
    // After the sockets were read: what came while the process was busy is no silence.
    const clock = setInterval(() => afterReads(look), TICK);
    unref(clock);
    return clock;
  }

  /** A server without connections stops its clock, so that the runtime may put it to sleep. */
  #left(link: Link): void {
    this.#links.delete(link);
    if (this.#links.size > 0) return;
    clearInterval(this.#clock);
    this.#clock = undefined;
  }

  #report(error: ServerError): void {
    this.#counters.errors += 1;
    // There is nobody else to tell what it throws, or rejects with, and the client must not wait for ever.
    const tell = async (): Promise<unknown> => this.#options.hooks.onError?.(error);
    tell().catch(() => {});
  }
}

/** Makes a server. Throws `bad-option` for an option that is out of range. */
export const createServer = <Who extends Identity = Identity>(options: ServerOptions<Who> = {}): ReliableServer =>
  // Safe: the hooks are given clients of this server alone, whose users are what its `authenticate` answered.
  new ReliableServer(options as unknown as ServerOptions);
