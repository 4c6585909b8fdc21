import { WebSocket } from 'ws';
import { Failure } from './check.js';
import type { Trace } from './trace.js';

/** A frame as it came; `type` is empty if it was none. */
export type Frame = Readonly<Record<string, unknown>> & { readonly type: string };

/** How a connection ended. */
export interface Ending {
  readonly code: number;
  readonly reason: string;
  /** The status with which the upgrade was refused. */
  readonly status?: number;
}

export interface ClientOptions {
  readonly name: string;
  readonly url: string;
  readonly protocols: readonly string[];
  /** What asks for the default stream, if the URL does not, and when it is written. */
  readonly beginning?: { readonly frame: object; readonly after: 'open' | 'welcome' } | undefined;
  /** The longest wait, in ms. */
  readonly timeout: number;
  readonly trace: Trace;
}

// A hostile server must not cost more memory than this for one frame.
const MOST_BYTES = 1 << 20;
// Nor may one that never stops: no check hears nearly as many.
const MOST_FRAMES = 20_000;

/** One bare connection that writes down what it sees. It answers pings, and decides nothing else by itself. */
export class Client {
  readonly frames: Frame[] = [];
  /** Set once the connection has ended or was refused. */
  ending: Ending | undefined;
  /** Says nothing by itself: neither answers pings nor sends any. */
  isSilent = false;
  readonly #socket: WebSocket;
  readonly #options: ClientOptions;
  readonly #waiting = new Set<() => void>();
  #pings = 0;
  #sentAt = 0;
  #heartbeat: ReturnType<typeof setInterval> | undefined;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#note('link', `connects to ${options.url}${options.protocols.map((name) => `, offers ${name}`).join('')}`);
    const settings = { handshakeTimeout: options.timeout, maxPayload: MOST_BYTES, perMessageDeflate: false };
    const socket = new WebSocket(options.url, [...options.protocols], settings);
    this.#socket = socket;
    socket.on('open', () => {
      this.#note('link', `is open${socket.protocol && `, the server selected ${socket.protocol}`}`);
      if (options.beginning?.after === 'open') this.send(options.beginning.frame);
      this.#wake();
    });
    socket.on('message', (data, isBinary) => this.#read(String(data), isBinary));
    socket.on('error', (error) => this.#end({ code: 1006, reason: error.message }));
    socket.on('close', (code, reason) => this.#end({ code, reason: String(reason) }));
    socket.on('unexpected-response', (request, { statusCode = 0 }) => {
      this.#end({ code: 1006, reason: `the upgrade was refused with ${statusCode}`, status: statusCode });
      request.destroy();
    });
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  /** The subprotocol that the server selected, or an empty string. */
  get protocol(): string {
    return this.#socket.protocol;
  }

  get welcome(): Frame | undefined {
    return this.all('welcome')[0];
  }

  /** What says from where the default stream goes on. */
  get place(): Frame | undefined {
    if (this.#options.beginning === undefined) return this.welcome;
    return this.all('subscribed').find(({ channel }) => channel === undefined);
  }

  /** What was said so far to those who asked for a channel. */
  get subscriptions(): Frame[] {
    return this.all('subscribed', 'unsubscribed').filter((frame) => frame !== this.place);
  }

  /** The frames of these types so far. */
  all(...types: string[]): Frame[] {
    return this.frames.filter(({ type }) => types.includes(type));
  }

  /** The messages so far that have a `text` of `texts`, of one stream. */
  heard(texts: readonly string[], channel?: string): Frame[] {
    return this.frames.filter((frame) => texts.includes(String(frame.text)) && frame.channel === channel);
  }

  send(frame: object): void {
    if (this.#socket.readyState === WebSocket.CONNECTING) this.expect('an open connection', false);
    this.write(JSON.stringify(frame));
  }

  /** Sends what need not be a frame. */
  write(data: string | Uint8Array): void {
    this.#note('sent', typeof data === 'string' ? data : `${data.length} bytes of binary data`);
    this.#sentAt = performance.now();
    this.#socket.send(data, () => {
      // A link that has ended meanwhile is told by `ending`.
    });
  }

  /** Ends the connection without a close frame, as a network does. */
  cut(): void {
    if (this.ending === undefined) this.#note('link', 'is cut');
    this.#socket.terminate();
  }

  /** Writes down whether an expectation is met. @throws Failure if not */
  expect(text: string, met: boolean, came: unknown = undefined): void {
    this.#options.trace.add({ kind: 'expected', link: this.#options.name, text, met });
    if (!met) throw new Failure(`expected ${text}${came === undefined ? '' : `; came ${show(came)}`}`);
  }

  /** Waits until `find` finds something and returns it. @throws Failure when the connection or the time ends before */
  async wait<T>(expected: string, find: () => T | undefined): Promise<T> {
    const found = await this.within(this.#options.timeout, find);
    const { ending } = this;
    const came = ending ? `the end of the connection (${ending.code} ${ending.reason})` : 'nothing of the kind in time';
    if (found === undefined) this.expect(expected, false, new Words(came));
    this.expect(expected, true);
    return found as NonNullable<typeof found>;
  }

  /** As `wait`, but answers undefined where that throws. @param ms The longest time to wait. */
  within<T>(ms: number, find: () => T | undefined): Promise<T | undefined> {
    return new Promise((resolve) => {
      const finish = (found: T | undefined): void => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve(found);
      };
      const look = (): void => {
        const found = find();
        if (found !== undefined || this.ending !== undefined) finish(found);
      };
      const timer = setTimeout(() => finish(undefined), ms);
      this.#waiting.add(look);
      look();
    });
  }

  /** Waits for the n-th frame of a type. */
  frame(type: string, count: number = 1): Promise<Frame> {
    return this.wait(count === 1 ? `a ${type}` : `${count} frames ${type}`, () => this.all(type)[count - 1]);
  }

  /** Waits until each of `texts` was heard, and returns those messages in the order in which they came. */
  async hears(texts: readonly string[], channel?: string): Promise<Frame[]> {
    const where = channel === undefined ? '' : ` on the channel ${channel}`;
    return this.wait(`${texts.length === 1 ? 'the message' : `${texts.length} messages`}${where}`, () => {
      const heard = this.heard(texts, channel);
      return new Set(heard.map(({ text }) => text)).size === texts.length ? heard : undefined;
    });
  }

  /** Waits until the server has ended the connection. */
  ended(expected: string = 'the end of the connection'): Promise<Ending> {
    return this.wait(expected, () => this.ending);
  }

  /** Waits for the answer to a ping: the server has read what was sent before. Any pong will do. */
  async settle(): Promise<void> {
    this.#pings = Math.max(this.#pings, this.all('pong').length) + 1;
    const count = this.#pings;
    this.#ping();
    await this.wait('an answer to the ping', () => (this.all('pong').length >= count ? true : undefined));
  }

  #ping(): void {
    this.send({ type: 'ping', t: this.#pings });
  }

  /** A server may close whom it has not heard from for so long (PROTOCOL.md 5.4), whatever the check waits for. */
  #keepAlive(ms: number): void {
    clearInterval(this.#heartbeat);
    this.#heartbeat = setInterval(() => {
      if (this.isSilent || !this.isOpen || performance.now() - this.#sentAt < ms / 4) return;
      this.#pings = Math.max(this.#pings, this.all('pong').length) + 1;
      this.#ping();
    }, ms / 4);
  }

  #read(text: string, isBinary: boolean): void {
    // What was read before the end may be told after it.
    if (this.ending !== undefined) return;
    this.#note('came', isBinary ? `${text.length} bytes of binary data` : text);
    const frame: Frame = (isBinary ? undefined : parse(text)) ?? { type: '' };
    this.frames.push(frame);
    if (this.frames.length === MOST_FRAMES) {
      this.#end({ code: 1006, reason: `the kit reads no more than ${MOST_FRAMES} frames` });
      this.#socket.terminate();
    }
    if (frame.type === 'ping' && !this.isSilent) this.send({ type: 'pong', t: frame.t });
    const { beginning } = this.#options;
    if (frame === this.welcome && beginning?.after === 'welcome') this.send(beginning.frame);
    if (frame.type === 'welcome' && Number(frame.heartbeat) > 0) this.#keepAlive(Number(frame.heartbeat));
    this.#wake();
  }

  #end(ending: Ending): void {
    // A refused upgrade and a broken link tell an error first, and say more with it than with the close that follows.
    if (this.ending !== undefined) return;
    this.ending = ending;
    clearInterval(this.#heartbeat);
    this.#note('link', `ends with ${ending.code}${ending.reason && ` (${ending.reason})`}`);
    this.#wake();
  }

  #wake(): void {
    for (const look of [...this.#waiting]) look();
  }

  #note(kind: 'link' | 'sent' | 'came', text: string): void {
    this.#options.trace.add({ kind, link: this.#options.name, text });
  }
}

/** Words that are shown as they are, not as JSON. */
class Words {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

function show(value: unknown): string {
  return value instanceof Words ? value.text : (JSON.stringify(value) ?? 'nothing');
}

function parse(text: string): Frame | undefined {
  try {
    const frame: unknown = JSON.parse(text);
    if (typeof frame !== 'object' || frame === null) return undefined;
    return { ...frame, type: 'type' in frame && typeof frame.type === 'string' ? frame.type : '' };
  } catch {
    return undefined;
  }
}
