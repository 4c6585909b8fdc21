import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { type Answer, Answers } from './reference-server/answers.js';
import { type LinkHost, ReferenceLink } from './reference-server/link.js';
import type { Received, ReferenceServerOptions, Refusal, TokenVerdict } from './reference-server/options.js';
import { Stream } from './reference-server/stream.js';

export type { Answer } from './reference-server/answers.js';
export type { ReferenceLink } from './reference-server/link.js';
export type { Received, ReferenceServerOptions, Refusal, TokenVerdict } from './reference-server/options.js';

/** Starts a reference server on 127.0.0.1. */
export async function startReferenceServer(options: ReferenceServerOptions = {}): Promise<ReferenceServer> {
  const server = new ReferenceServer({ ...options });
  await server.start();
  return server;
}

/**
 * A small server that speaks all of PROTOCOL.md, with everything in memory: for
 * tests and the demo. It lacks what a public server needs: bounds on what a
 * client sends or leaves unread.
 */
export class ReferenceServer implements LinkHost {
  readonly options: ReferenceServerOptions;
  /** The application messages that were taken, in order, each id once. Refused ones are not among them. */
  readonly received: Received[] = [];
  /** The URL of each connection that was let in by HTTP, in order. */
  readonly handshakes: string[] = [];
  /** Valid once started, and kept by `restart()`. */
  port: number;
  readonly #epoch = Math.random().toString(36).slice(2, 10);
  readonly #links = new Set<ReferenceLink>();
  #server: WebSocketServer | undefined;
  #watch: ReturnType<typeof setInterval> | undefined;
  #streams = new Map<string | undefined, Stream>();
  #answers = new Answers();
  /** Counts the memories: a numbering that begins anew has another name, also if the test chose it. */
  #incarnation = 1;
  readonly #verdicts = new WeakMap<IncomingMessage, TokenVerdict>();

  constructor(options: ReferenceServerOptions) {
    this.options = options;
    this.port = options.port ?? 0;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}`;
  }

  /** The connections that are there, oldest first. */
  get connections(): readonly ReferenceLink[] {
    return [...this.#links];
  }

  /** Sends a message to all who follow the channel (the default stream without one). Returns its number. */
  publish(message: object, channel?: string): number {
    const stream = this.stream(channel);
    if (this.options.numbered !== false) return stream.publish(message, this.options.keep ?? Infinity);
    for (const { write } of stream.subscriptions) write(channel === undefined ? message : { ...message, channel });
    return 0;
  }

  /** Sends a frame, or a text as it is, on every connection. */
  broadcast(frame: object | string): void {
    for (const link of this.#links) link.send(frame);
  }

  /** Announces a planned restart; the connections stay. Times in ms. */
  goaway(when: { retryAfter?: number; within?: number; reason?: string } = {}): void {
    this.broadcast({ type: 'goaway', ...when });
  }

  /** Forgets a stream's history but for the newest messages, and says `reset` to those who follow it. */
  reset(reason: string, channel?: string, keep: number = 0): void {
    const stream = this.stream(channel);
    stream.forget(keep);
    for (const { write } of stream.subscriptions) {
      write({ type: 'reset', channel, epoch: stream.epoch, seq: stream.head, reason });
    }
  }

  /** Takes a channel away from all who follow it. */
  revoke(channel: string, refusal: Refusal = { code: 'revoked', message: 'the right was withdrawn' }): void {
    for (const link of this.#links) link.revoke(channel, refusal);
  }

  /** Ends every connection. @param code 1006 destroys them without a close frame. @default 1001 */
  closeAll(code: number = 1001, reason: string = ''): void {
    for (const link of this.#links) link.close(code, reason);
  }

  /**
   * Destroys every connection, frees the port, and begins again on the same one.
   * @param keepMemory Whether streams and ids survive; if not, the epoch is a new one. @default true
   * @param away How long nobody listens, in ms. @default 0
   */
  async restart({ keepMemory = true, away = 0 }: { keepMemory?: boolean; away?: number } = {}): Promise<void> {
    await this.stop();
    if (!keepMemory) {
      this.#streams = new Map();
      this.#answers = new Answers();
      this.#incarnation += 1;
    }
    if (away > 0) await new Promise((resolve) => setTimeout(resolve, away));
    await this.start();
  }

  /** Destroys every connection and frees the port. */
  async stop(): Promise<void> {
    clearInterval(this.#watch);
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    this.closeAll(1006);
    for (const socket of server.clients) socket.terminate();
    await new Promise((resolve) => server.close(resolve));
  }

  async start(): Promise<void> {
    const server = new WebSocketServer({
      host: '127.0.0.1',
      port: this.port,
      verifyClient: ({ req }: { req: IncomingMessage }, done: (ok: boolean, status?: number) => void) => {
        const verdict = this.#judge(req);
        this.#verdicts.set(req, verdict);
        done(typeof verdict !== 'number', typeof verdict === 'number' ? verdict : undefined);
      },
      // The one with the token must not come back in the answer.
      handleProtocols: (offered) => (offered.has('reliable-socket') ? 'reliable-socket' : first(offered)),
    });
    this.#server = server;
    server.on('connection', (socket, request) => {
      const link = new ReferenceLink(socket, request.url ?? '/', this);
      this.handshakes.push(link.url);
      this.#links.add(link);
      socket.on('close', () => this.#links.delete(link));
      this.#admit(link, request);
    });
    await new Promise<void>((resolve, reject) => {
      server.once('listening', resolve);
      server.once('error', reject);
    });
    this.port = (server.address() as AddressInfo).port;
    // Judged only after the sockets were read: what came while the process was busy is no silence.
    this.#watch = setInterval(() => setImmediate(() => this.#dropSilent()), 50);
    this.#watch.unref();
  }

  // What the links call.

  stream(channel: string | undefined): Stream {
    const known = this.#streams.get(channel);
    if (known !== undefined) return known;
    const { epoch = this.#epoch } = this.options;
    const suffix = this.#incarnation > 1 ? `-${this.#incarnation}` : '';
    const stream = new Stream(channel, epoch === false ? undefined : `${epoch}${suffix}`);
    this.#streams.set(channel, stream);
    return stream;
  }

  process(received: Received, link: ReferenceLink): Promise<Answer> {
    const { ids = true } = this.options;
    const handle = async (): Promise<Answer> => {
      const answer = (await this.options.onMessage?.(received)) ?? {};
      if (!('nack' in answer)) this.received.push(received);
      return answer;
    };
    if (received.messageId === undefined || ids === false) return handle();
    const memory = ids === true ? 600_000 : ids;
    return this.#answers.once(this.#identityOf(link), received.messageId, memory, handle);
  }

  async takeOver(link: ReferenceLink): Promise<boolean> {
    if (link.client === undefined) return true;
    const identity = this.#identityOf(link);
    const others = this.connections.filter((other) => other !== link && this.#identityOf(other) === identity);
    if (others.some(({ conn }) => conn > link.conn)) return false;
    for (const other of others) this.#links.delete(other);
    await Promise.all(others.map((other) => other.retire('taken over')));
    return true;
  }

  /** What two connections of one client have in common. Without a name a connection is like no other. */
  #identityOf(link: ReferenceLink): unknown {
    if (link.client === undefined) return link;
    const principal = this.options.principal?.(link.token);
    return principal === undefined ? link.client : JSON.stringify([principal, link.client]);
  }

  #admit(link: ReferenceLink, request: IncomingMessage): void {
    const { auth = 'query', tokens } = this.options;
    if (tokens === undefined) return void link.begin();
    // The token comes with the first frame.
    if (auth === 'message') return;
    link.token = this.#tokenOf(request);
    const verdict = this.#verdicts.get(request);
    if (verdict === 'ok') void link.begin();
    else link.close(verdict === 'forbidden' ? 4403 : 4401, 'token refused');
  }

  #judge(request: IncomingMessage): TokenVerdict {
    const { auth = 'query', tokens } = this.options;
    return tokens === undefined || auth === 'message' ? 'ok' : tokens(this.#tokenOf(request));
  }

  #tokenOf(request: IncomingMessage): string | undefined {
    if (this.options.auth !== 'subprotocol') {
      return new URL(request.url ?? '/', 'ws://localhost').searchParams.get('token') ?? undefined;
    }
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
    const token = offered.find((name) => name.startsWith('auth.'));
    return token && Buffer.from(token.slice('auth.'.length), 'base64url').toString();
  }

  #dropSilent(): void {
    const { heartbeat = Infinity } = this.options;
    for (const link of this.#links) {
      if (Date.now() - link.heardAt > heartbeat) link.close(1006);
    }
  }
}

function first(names: Set<string>): string | false {
  for (const name of names) return name;
  return false;
}
