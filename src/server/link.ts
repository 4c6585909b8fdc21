import { now } from './clock.js';
import { CloseCode, ServerError, type ServerErrorCode } from './errors.js';
import type { Feeds, Follower } from './feeds.js';
import type { Handling } from './handling.js';
import type { Client, ResolvedOptions } from './options.js';
import type { Command, Identity, Input, Received, Refusal, TokenVerdict } from './session/io.js';
import { createSession, type Session } from './session/session.js';
import type { Holder, Takeovers } from './takeovers.js';
import type { Connection, Transport, Upgrade } from './transport.js';

/** Numbers since the server was made. */
export interface Counters {
  /** Frames written. */
  written: number;
  /** Messages of clients that were taken. */
  received: number;
  /** Clients that were cut off since they read too slowly. */
  cutOff: number;
  /** Connections that gave way to a newer one of the same client. */
  takenOver: number;
  /** Errors told to `onError`. */
  errors: number;
}

/** What the links of one server share. */
export interface LinkHost {
  readonly options: ResolvedOptions;
  readonly feeds: Feeds;
  readonly takeovers: Takeovers;
  readonly handling: Handling;
  readonly counters: Counters;
  report(error: ServerError): void;
  /** Nothing of this link is at work any more, and its connection is gone. */
  left(link: Link): unknown;
}

const FORBIDDEN: Refusal = { code: 'forbidden', message: 'not allowed' };

let links = 0;

/** Runs the session of one connection: inputs in, commands out, in order. */
export class Link implements Follower, Holder, Connection {
  /** Resolves when the connection has ended and nothing of it is at work any more. */
  readonly gone: Promise<void>;
  readonly #host: LinkHost;
  readonly #transport: Transport;
  readonly #upgrade: Upgrade;
  readonly #session: Session;
  /** Stands for a client that names itself in no way. */
  readonly #name: string;
  #identity: Identity | undefined;
  #client: string | undefined;
  #seat: string | undefined;
  #left: () => void = () => {};
  #isConnected = true;
  #hasEnded = false;
  /** Inputs that came while commands ran. */
  readonly #waiting: Input[] = [];
  #isRunning = false;

  constructor(host: LinkHost, transport: Transport, upgrade: Upgrade) {
    this.#host = host;
    this.#transport = transport;
    this.#upgrade = upgrade;
    this.#session = createSession(host.options.session, now());
    links += 1;
    this.#name = `#${links}`;
    this.gone = new Promise((resolve) => {
      this.#left = resolve;
    });
  }

  /** Bytes that the client has not read. */
  get buffered(): number {
    return this.#isConnected ? this.#transport.buffered : 0;
  }

  handle(input: Input, at: number = now()): void {
    if (this.#isRunning) {
      this.#waiting.push(input);
      return;
    }
    this.#isRunning = true;
    this.#take(input, at);
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) this.#take(next, now());
    this.#isRunning = false;
  }

  tick(at: number): void {
    if (this.#session.nextDeadline() <= at) this.handle({ type: 'alarm' });
  }

  retire(): void {
    this.#host.counters.takenOver += 1;
    this.handle({ type: 'retire' });
  }

  message(text: string | undefined, bytes: number): void {
    this.handle({ type: 'frame', text, bytes });
  }

  closed(): void {
    if (!this.#isConnected) return;
    this.#isConnected = false;
    this.handle({ type: 'closed' });
    this.#leave();
  }

  #take(input: Input, at: number): void {
    for (const command of this.#session.handle(input, { now: at, buffered: this.buffered })) this.#run(command);
  }

  #run(command: Command): void {
    switch (command.do) {
      case 'write':
        return this.#write(command.data, command.flushed);
      case 'close':
        if (command.reason === 'too slow') this.#host.counters.cutOff += 1;
        return this.#isConnected ? this.#transport.close(command.code, command.reason) : undefined;
      case 'terminate':
      case 'pause':
      case 'resume':
        return this.#isConnected ? this.#transport[command.do]() : undefined;
      case 'authenticate':
        return void this.#authenticate(command.token).then((verdict) => this.handle({ type: 'judged', verdict }));
      case 'take-over':
        return void this.#takeOver(command.client, command.conn).then((won) =>
          this.handle({ type: 'taken-over', won }),
        );
      case 'authorize': {
        const { ticket } = command;
        const tell = (verdict: true | Refusal): void => this.handle({ type: 'authorized', ticket, verdict });
        return void this.#authorize(command.channel, 'subscribe').then(tell);
      }
      case 'follow':
      case 'unfollow':
        return this.#host.feeds[command.do](command.channel, this);
      case 'read': {
        const { ticket } = command;
        return void this.#host.feeds.read(command.channel, command.cursor).then(
          (slice) => this.handle({ type: 'slice', ticket, slice }),
          (cause: unknown) => this.#logFailed('read', cause),
        );
      }
      case 'handle':
        return void this.#handleMessage(command.received, command.granted);
      case 'ended':
        this.#hasEnded = true;
        if (this.#seat !== undefined) this.#host.takeovers.ended(this.#seat, this);
        return this.#leave();
    }
  }

  #write(data: string | Uint8Array, flushed: boolean): void {
    if (!this.#isConnected) return;
    this.#host.counters.written += 1;
    this.#transport.send(data, flushed ? () => this.handle({ type: 'flushed' }) : undefined);
  }

  #leave(): void {
    if (!this.#hasEnded || this.#isConnected) return;
    this.#host.left(this);
    this.#left();
  }

  async #authenticate(token: string | undefined): Promise<TokenVerdict> {
    const { url, header } = this.#upgrade;
    try {
      const verdict = await this.#host.options.hooks.authenticate?.({ token, url, header });
      if (typeof verdict !== 'object') return verdict ?? 'failed';
      // Who comes with another user's token on a live link is turned away, and stays who they were.
      this.#identity ??= verdict;
      const { expiresAt = Infinity } = verdict;
      return { ...verdict, expiresAt: now() + expiresAt - Date.now() };
    } catch (cause) {
      this.#fail('authenticate-failed', 'authenticate threw', cause);
      return 'failed';
    }
  }

  async #takeOver(client: string | undefined, conn: number): Promise<boolean> {
    this.#client = client;
    if (client === undefined) return true;
    this.#seat = JSON.stringify([this.#identity?.principal, client]);
    return this.#host.takeovers.take(this.#seat, conn, this);
  }

  async #authorize(channel: string, action: 'subscribe' | 'send'): Promise<true | Refusal> {
    try {
      const verdict = await (this.#host.options.hooks.authorize?.(this.#who(), channel, action) ?? true);
      return verdict === false ? FORBIDDEN : verdict;
    } catch (cause) {
      this.#fail('authorize-failed', `authorize threw for the channel "${channel}"`, cause);
      return { code: 'failed', message: 'try again later', retry: true };
    }
  }

  async #handleMessage(received: Received, granted: boolean): Promise<void> {
    const { messageId, channel } = received;
    this.#host.counters.received += 1;
    // One is a list and the other is not, so that no client can name itself as a principal.
    const principal = this.#identity?.principal;
    const owner = JSON.stringify(principal === undefined ? (this.#client ?? this.#name) : [principal]);
    try {
      const verdict = granted || channel === undefined ? true : await this.#authorize(channel, 'send');
      const answer = verdict === true ? await this.#host.handling(received, this.#who(), owner) : { nack: verdict };
      this.handle({ type: 'answered', messageId, answer });
    } catch (cause) {
      this.#logFailed('append', cause);
      this.handle({ type: 'answered', messageId, answer: undefined });
    }
  }

  #who(): Client {
    return { id: this.#client, principal: this.#identity?.principal, user: this.#identity?.user };
  }

  /** The client comes back, to this node or another, and asks again. */
  #logFailed(action: string, cause: unknown): void {
    this.#fail('log-failed', `${action}: the log failed`, cause);
    this.handle({ type: 'close', code: CloseCode.tryLater, reason: 'try again later' });
  }

  #fail(code: ServerErrorCode, text: string, cause: unknown): void {
    this.#host.report(new ServerError(code, text, cause));
  }
}
