import { type RawData, WebSocket } from 'ws';
import type { Answer } from './answers.js';
import type { Received, ReferenceServerOptions } from './options.js';
import type { Cursor, Stream, Subscription } from './stream.js';

type Frame = Record<string, unknown> & { type: string };

/** Reserved types that only a server sends: from a client they are no messages, and are ignored. */
const WRONG_WAY = new Set(['welcome', 'subscribed', 'unsubscribed', 'reset', 'ack', 'nack', 'goaway']);

/** What a link needs of its server. */
export interface LinkHost {
  readonly options: ReferenceServerOptions;
  stream(channel: string | undefined): Stream;
  process(received: Received, link: ReferenceLink): Promise<Answer>;
  /** Makes this link the only one of its client; false if a newer one is there. */
  takeOver(link: ReferenceLink): Promise<boolean>;
}

/** One connection of the reference server: reads frames and answers them. */
export class ReferenceLink {
  /** As it was asked for, with its query. */
  readonly url: string;
  client: string | undefined;
  conn: number;
  token: string | undefined;
  /** When something came in last, by `Date.now()`. */
  heardAt: number = Date.now();
  readonly #socket: WebSocket;
  readonly #host: LinkHost;
  readonly #subscriptions = new Map<Stream, Subscription>();
  readonly #running = new Set<Promise<void>>();
  #welcomed = false;
  #retired = false;
  #acks: string[] = [];
  /** Frames behind the one that begins the default stream, while that waits for a takeover. */
  #behind: Frame[] | undefined;

  constructor(socket: WebSocket, url: string, host: LinkHost) {
    const query = new URL(url, 'ws://localhost').searchParams;
    this.url = url;
    this.client = query.get('client') ?? undefined;
    this.conn = Number(query.get('conn') ?? 0);
    this.#socket = socket;
    this.#host = host;
    socket.on('message', (data: RawData) => this.#read(String(data)));
    socket.on('error', () => socket.terminate());
    socket.on('close', () => this.#leaveAll());
  }

  /** Sends a frame, or a text as it is. */
  send(frame: object | string): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    this.#socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  }

  /** @param code 1006 destroys the connection without a close frame. */
  close(code: number, reason: string = ''): void {
    if (code === 1006) this.#socket.terminate();
    else this.#socket.close(code, reason);
  }

  /** Reads no more, lets what is begun come to its end, then closes. */
  async retire(reason: string): Promise<void> {
    this.#retired = true;
    this.#leaveAll();
    await Promise.all(this.#running);
    this.close(4409, reason);
  }

  /** Lets the client in: waits for an older link to end, says `welcome`, and begins the default stream. */
  async begin(): Promise<void> {
    if (!(await this.#takeOver())) return;
    const { options } = this.#host;
    const query = new URL(this.url, 'ws://localhost').searchParams;
    const cursor = { lastSeq: toSeq(query.get('lastSeq')), epoch: query.get('epoch') ?? undefined };
    const byUrl = options.resume !== 'message';
    const stream = this.#host.stream(undefined);
    const head = byUrl ? this.#start(stream, cursor) : {};
    this.#welcomed = true;
    const { welcome = true, heartbeat, ids = true } = options;
    if (welcome !== false) {
      this.send({
        type: 'welcome',
        v: 1,
        ...head,
        heartbeat,
        ids: ids === true ? 600_000 : ids || undefined,
        ...(welcome === true ? {} : welcome),
      });
    }
    if (byUrl) this.#replay(stream, cursor);
  }

  /** Takes the channel away, if this connection follows it. */
  revoke(channel: string, refusal: object): void {
    const stream = this.#host.stream(channel);
    if (!this.#subscriptions.has(stream)) return;
    this.#leave(stream);
    this.send({ type: 'unsubscribed', channel, ...refusal });
  }

  #read(text: string): void {
    this.heardAt = Date.now();
    if (this.#retired) return;
    const frame = text === 'ping' ? undefined : parse(text);
    if (text === 'ping') this.#pong('pong');
    else if (frame === undefined) this.close(1007, 'not a frame');
    else if (this.#welcomed || frame.type === 'auth' || frame.type === 'pong') this.#handle(frame);
    else this.close(4401, 'auth comes first');
  }

  #handle(frame: Frame): void {
    if (this.#behind !== undefined) this.#behind.push(frame);
    else if (frame.type === 'ping') this.#pong({ type: 'pong', t: frame.t });
    else if (frame.type === 'auth') this.#auth(frame);
    else if (frame.type === 'subscribe') void this.#subscribe(frame);
    else if (frame.type === 'unsubscribe') this.#leave(this.#host.stream(String(frame.channel)));
    else if (frame.type !== 'pong' && !WRONG_WAY.has(frame.type)) this.#take(frame);
  }

  #pong(frame: object | string): void {
    if (this.#host.options.pongs !== false) this.send(frame);
  }

  #auth({ token, messageId }: Frame): void {
    const verdict = this.#host.options.tokens?.(String(token)) ?? 'ok';
    if (verdict === 'forbidden' || verdict === 403) {
      this.close(4403, 'forbidden');
    } else if (verdict === 'ok') {
      this.token = String(token);
      if (this.#welcomed) this.send({ type: 'ack', messageId });
      else void this.begin();
    } else if (this.#welcomed) {
      this.send({ type: 'nack', messageId, code: 'unauthorized', message: 'token refused' });
    } else {
      this.close(4401, 'token refused');
    }
  }

  async #subscribe(frame: Frame): Promise<void> {
    const { ref } = frame;
    const cursor = { lastSeq: toSeq(frame.lastSeq), epoch: toText(frame.epoch) };
    const channel = toText(frame.channel);
    if (channel === undefined) {
      this.client = toText(frame.client);
      this.conn = Number(frame.conn ?? 0);
      this.#behind = [];
      if (!(await this.#takeOver())) return;
    } else {
      const verdict = this.#host.options.authorize?.(channel, this.client) ?? true;
      if (verdict !== true) return this.send({ type: 'unsubscribed', channel, ref, ...verdict });
    }
    const stream = this.#host.stream(channel);
    this.send({ type: 'subscribed', channel, ref, ...this.#start(stream, cursor) });
    this.#replay(stream, cursor);
    if (channel !== undefined) return;
    const behind = this.#behind ?? [];
    this.#behind = undefined;
    for (const one of behind) this.#handle(one);
  }

  /** Waits until no older connection of this client is at work. False if this one is not to go on. */
  async #takeOver(): Promise<boolean> {
    this.#socket.pause();
    const isNewest = await this.#host.takeOver(this);
    this.#socket.resume();
    if (!isNewest) this.close(4409, 'a newer connection is there');
    return isNewest && !this.#retired;
  }

  /** Follows the stream from the place that the client asks for; nothing is sent yet. */
  #start(stream: Stream, cursor: Cursor): object {
    if (this.#host.options.numbered === false) {
      this.#follow(stream, stream.head);
      return {};
    }
    if (cursor.epoch !== undefined && cursor.epoch === stream.epoch && (cursor.lastSeq ?? 0) > stream.head) {
      // The client has seen more of this numbering than there is: it is another one now.
      stream.epoch = `${stream.epoch}+`;
      for (const { write } of stream.subscriptions) {
        write({
          type: 'reset',
          channel: stream.channel,
          epoch: stream.epoch,
          seq: stream.head,
          reason: 'numbers-lost',
        });
      }
    }
    const seq = stream.startFor(cursor);
    this.#follow(stream, seq);
    const recovered = cursor.lastSeq === undefined ? undefined : stream.countAfter(seq);
    return { epoch: stream.epoch, seq, recovered };
  }

  #replay(stream: Stream, cursor: Cursor): void {
    const subscription = this.#subscriptions.get(stream);
    if (subscription === undefined) return;
    const isSeed = this.#host.options.welcome === false;
    if (!isSeed && cursor.epoch === undefined && (cursor.lastSeq ?? 0) > stream.head) {
      const { channel, epoch } = stream;
      this.send({ type: 'reset', channel, epoch, seq: subscription.position, reason: 'numbers-lost' });
    }
    stream.catchUp(subscription);
  }

  #follow(stream: Stream, position: number): void {
    this.#leave(stream);
    const subscription = { position, write: (frame: object) => this.send(frame) };
    this.#subscriptions.set(stream, subscription);
    stream.subscriptions.add(subscription);
  }

  #leave(stream: Stream): void {
    const subscription = this.#subscriptions.get(stream);
    this.#subscriptions.delete(stream);
    if (subscription !== undefined) stream.subscriptions.delete(subscription);
  }

  #leaveAll(): void {
    for (const stream of [...this.#subscriptions.keys()]) this.#leave(stream);
  }

  #take({ messageId, channel, ...message }: Frame): void {
    const received = { message, messageId: toText(messageId), channel: toText(channel), client: this.client };
    const work = this.#host.process(received as Received, this).then((answer) => {
      this.#running.delete(work);
      if (received.messageId !== undefined) this.#answer(received.messageId, answer);
    });
    this.#running.add(work);
  }

  #answer(messageId: string, answer: Answer): void {
    const { acks = true } = this.#host.options;
    if (acks === false) return;
    if ('nack' in answer) this.send({ type: 'nack', messageId, ...answer.nack });
    else if (acks === true || answer.data !== undefined) this.send({ type: 'ack', messageId, data: answer.data });
    else if (this.#acks.push(messageId) === 1) setImmediate(() => this.#flushAcks());
  }

  #flushAcks(): void {
    this.send({ type: 'ack', messageIds: this.#acks });
    this.#acks = [];
  }
}

function parse(text: string): Frame | undefined {
  try {
    const frame: unknown = JSON.parse(text);
    const isFrame = typeof frame === 'object' && frame !== null && 'type' in frame && typeof frame.type === 'string';
    return isFrame ? (frame as Frame) : undefined;
  } catch {
    return undefined;
  }
}

function toSeq(value: unknown): number | undefined {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  return Number.isSafeInteger(number) && (number as number) >= 0 ? (number as number) : undefined;
}

function toText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
