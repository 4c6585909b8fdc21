import type { Batch } from './batch.js';
import { now } from './clock.js';
import { CloseCode, ServerError, type ServerErrorCode } from './errors.js';
import type { Feeds, Follower } from './feeds.js';
import type { Handling } from './handling.js';
import { answerOf, HookFault, identityOf, rightOf } from './hook-answers.js';
import type { Client, ResolvedOptions } from './options.js';
import type { Command, Identity, Input, Received, Refusal, Right, TokenVerdict } from './session/io.js';
import { Session } from './session/session.js';
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
  /** The name of this server, by which its clients without a name differ from those of another. */
  readonly name: string;
  report(error: ServerError): void;
  /** Nothing of this link is at work any more, and its connection is gone. */
  left(link: Link): unknown;
}

const FORBIDDEN: Refusal = { code: 'forbidden', message: 'not allowed' };

let links = 0;

/** Runs the session of one connection: inputs in, commands out, in order. */
export class Link implements Follower, Holder, Connection {
  readonly #host: LinkHost;
  readonly #transport: Transport;
  /** Kept only if there is an `authenticate` hook to ask about it. */
  readonly #upgrade: Upgrade | undefined;
  readonly #session: Session;
  /** Stands for a client that has neither a principal nor a name. */
  readonly #number: number;
  #identity: Identity | undefined;
  #client: string | undefined;
  #seat: string | undefined;
  #isConnected = true;
  #hasEnded = false;
  /** Inputs that came while commands ran. */
  #waiting: Input[] | undefined;
  #isRunning = false;
  /** Who wants to hear of the end. */
  #mourners: (() => void)[] | undefined;

  constructor(host: LinkHost, transport: Transport, upgrade: Upgrade) {
    this.#host = host;
    this.#transport = transport;
    if (host.options.hooks.authenticate !== undefined) this.#upgrade = upgrade;
    this.#session = new Session(host.options.session, now());
    links += 1;
    this.#number = links;
  }

  /** Bytes that the client has not read. */
  get buffered(): number {
    return this.#isConnected ? this.#transport.buffered : 0;
  }

  handle(input: Input, at: number = now()): void {
    if (this.#isRunning) {
      this.#waiting ??= [];
      this.#waiting.push(input);
      return;
    }
    this.#isRunning = true;
    this.#take(input, at);
    while (this.#waiting !== undefined) {
      const inputs = this.#waiting;
      this.#waiting = undefined;
      for (const next of inputs) this.#take(next, now());
    }
    this.#isRunning = false;
  }

  /** Resolves when the connection has ended and nothing of it is at work any more. */
  gone(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#isOver) return resolve();
      this.#mourners ??= [];
      this.#mourners.push(resolve);
    });
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
        return void this.#takeOver(command.client, command.conn).then(
          (won) => this.handle({ type: 'taken-over', won }),
          (cause: unknown) => this.#logFailed('take over', cause),
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
        return void this.#handleMessage(command.received, command.right);
      case 'ended':
        this.#hasEnded = true;
        if (this.#seat !== undefined) this.#host.takeovers.ended(this.#seat, this);
        return this.#leave();
    }
  }

  #write(data: string | Batch, flushed: boolean): void {
    if (!this.#isConnected) return;
    const tell = flushed ? () => this.handle({ type: 'flushed' }) : undefined;
    const texts = typeof data === 'string' ? [data] : data.texts;
    this.#host.counters.written += texts.length;
    if (typeof data !== 'string' && this.#transport.sendBatch !== undefined) this.#transport.sendBatch(data, tell);
    else for (const [i, text] of texts.entries()) this.#transport.send(text, i === texts.length - 1 ? tell : undefined);
  }

  get #isOver(): boolean {
    return this.#hasEnded && !this.#isConnected;
  }

  #leave(): void {
    if (!this.#isOver) return;
    this.#host.left(this);
    for (const tell of this.#mourners ?? []) tell();
  }

  async #authenticate(token: string | undefined): Promise<TokenVerdict> {
    const upgrade = this.#upgrade;
    if (upgrade === undefined) return 'failed';
    const header = (name: string): string | undefined => upgrade.header(name);
    try {
      const { hooks, hookTimeout } = this.#host.options;
      const answer = hooks.authenticate?.({ token, url: upgrade.url, header });
      const verdict = identityOf(await answerOf(answer, hookTimeout));
      if (typeof verdict === 'string') return verdict;
      // Who comes with another user's token on a live link is turned away, and stays who they were.
      this.#identity ??= verdict;
      const { expiresAt = Infinity } = verdict;
      return { ...verdict, expiresAt: now() + expiresAt - Date.now() };
    } catch (cause) {
      this.#hookFailed('authenticate', '', cause);
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
      const { hooks, hookTimeout } = this.#host.options;
      if (hooks.authorize === undefined) return true;
      const answer = hooks.authorize(this.#who(), channel, action);
      return rightOf(await answerOf(answer, hookTimeout)) ?? FORBIDDEN;
    } catch (cause) {
      this.#hookFailed('authorize', ` for the channel "${channel}"`, cause);
      return { code: 'failed', message: 'try again later', retry: true };
    }
  }

  async #maySend(channel: string, right: Right): Promise<true | Refusal> {
    if (right === 'granted') return true;
    // Who follows may send, however long it takes to say who follows.
    if (right === 'asked' && (await this.#authorize(channel, 'subscribe')) === true) return true;
    return this.#authorize(channel, 'send');
  }

  async #handleMessage(received: Received, right: Right): Promise<void> {
    const { messageId, channel } = received;
    this.#host.counters.received += 1;
    // A principal is a list of one, a client's name a text, no name a list of two: so no client can pass for another kind.
    const principal = this.#identity?.principal;
    const nameless = [this.#host.name, this.#number];
    const owner = JSON.stringify(principal === undefined ? (this.#client ?? nameless) : [principal]);
    try {
      const verdict = channel === undefined ? true : await this.#maySend(channel, right);
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

  #hookFailed(hook: 'authenticate' | 'authorize', where: string, cause: unknown): void {
    const what = cause instanceof HookFault ? cause.message : 'threw';
    this.#fail(`${hook}-failed`, `${hook} ${what}${where}`, cause);
  }

  #fail(code: ServerErrorCode, text: string, cause: unknown): void {
    this.#host.report(new ServerError(code, text, cause));
  }
}
