import {
  type AnyMessage,
  type Gap,
  type Receipt,
  ReliableSocket,
  type ReliableSocketError,
  type ReliableSocketOptions,
  type SocketEvents,
  type SocketState,
  type Undelivered,
  type UrlProvider,
} from '../../src/index.js';
import { settlePromises } from '../../src/testing/index.js';
import { type ScriptedSocket, type ScriptedSockets, scriptedSockets } from '../../src/testing/scripted-socket.js';
import { VirtualClock } from '../../src/testing/virtual-clock.js';
import { virtualEnvironment } from '../../src/testing/virtual-environment.js';

export type Options = ReliableSocketOptions<AnyMessage, AnyMessage>;
type Frame = Record<string, unknown>;

/** A client on a virtual clock whose network is played by the test, with everything that it told. */
export class ScriptedClient {
  readonly clock: VirtualClock = new VirtualClock();
  readonly factory: ScriptedSockets = scriptedSockets();
  readonly socket: ReliableSocket;
  /** What the client's random source says; one half unless a test sets it. */
  random = 0.5;
  readonly states: SocketState[] = [];
  readonly messages: AnyMessage[] = [];
  readonly gaps: Gap[] = [];
  readonly undelivered: Undelivered[] = [];
  readonly errors: ReliableSocketError[] = [];
  readonly opens: SocketEvents['open'][] = [];
  readonly closes: SocketEvents['close'][] = [];

  constructor(options: Options = {}, url: UrlProvider = 'ws://test.invalid/live') {
    const environment = virtualEnvironment({
      clock: this.clock,
      random: () => this.random,
      WebSocket: this.factory.WebSocket,
    });
    this.socket = new ReliableSocket(url, {
      lifecycle: false,
      ...options,
      environment: { ...environment, ...options.environment },
    });
    this.socket.on('state', (state) => this.states.push(state));
    this.socket.on('gap', (gap) => this.gaps.push(gap));
    this.socket.on('undelivered', (event) => this.undelivered.push(event));
    this.socket.on('error', (error) => this.errors.push(error));
    this.socket.on('open', (event) => this.opens.push(event));
    this.socket.on('close', (event) => this.closes.push(event));
    this.socket.onMessage((message) => this.messages.push(message));
  }

  /** The newest socket. */
  get ws(): ScriptedSocket {
    return this.factory.last;
  }

  get sockets(): readonly ScriptedSocket[] {
    return this.factory.sockets;
  }

  get status(): SocketState['status'] {
    return this.socket.state.status;
  }

  /** The `n` (or `seq`) of each message that the listeners had. */
  get heard(): unknown[] {
    return this.messages.map((message) => message.n ?? message.seq ?? message.type);
  }

  /** The query of the newest socket's url. */
  get query(): URLSearchParams {
    return new URL(this.ws.url).searchParams;
  }

  /** Frames on the newest socket, pings left out; those of one type if it is named. */
  written(type?: string): Frame[] {
    return this.ws.frames.filter((frame) => (type === undefined ? frame.type !== 'ping' : frame.type === type));
  }

  /** The `n` of each message written to the newest socket, in order. */
  get numbers(): unknown[] {
    return this.ws.frames.filter((frame) => 'n' in frame).map((frame) => frame.n);
  }

  /** The `n` of each message that was told as undelivered. */
  get lost(): unknown[] {
    return this.undelivered.map(({ message }) => (message as AnyMessage).n);
  }

  get pings(): Frame[] {
    return this.written('ping');
  }

  /** Lets promise callbacks run, and the first attempt begin. */
  settle(): Promise<void> {
    return settlePromises();
  }

  /** The handshake succeeds, and the server says this first. */
  open(...frames: Frame[]): void {
    this.ws.open();
    for (const frame of frames) this.ws.receive(frame);
  }

  receive(...frames: Frame[]): void {
    for (const frame of frames) this.ws.receive(frame);
  }

  /** Answers the newest ping as a good server does. */
  pong(): void {
    const ping = this.pings.at(-1);
    if (!ping) throw new Error('there is no ping to answer');
    this.ws.receive({ type: 'pong', t: ping.t });
  }

  ack(receipt: Receipt | string, data?: unknown): void {
    this.ws.receive({ type: 'ack', messageId: typeof receipt === 'string' ? receipt : receipt.id, data });
  }

  /** Moves the clock to the next attempt. */
  retry(): void {
    const { state } = this.socket;
    if (state.status !== 'waiting') throw new Error(`no attempt is planned, the client is ${state.status}`);
    this.clock.advance(Math.ceil(state.retryAt - this.clock.now()));
    if (this.status !== 'connecting') throw new Error(`the client is ${this.status} after the wait`);
  }

  /** The link ends, the client comes back, and the server says this first. */
  bounce(...frames: Frame[]): void {
    this.ws.drop();
    this.retry();
    this.open(...frames);
  }
}

/** A client whose first connection is open. */
export async function openClient(options: Options = {}, ...frames: Frame[]): Promise<ScriptedClient> {
  const client = new ScriptedClient(options);
  await client.settle();
  client.open(...frames);
  return client;
}

/** The outcome's name, or `pending`. */
export async function outcome(receipt: Receipt): Promise<string> {
  const pending = settlePromises().then(() => ({ outcome: 'pending' }));
  return (await Promise.race([receipt.settled, pending])).outcome;
}

export function outcomes(receipts: readonly Receipt[]): Promise<string[]> {
  return Promise.all(receipts.map(outcome));
}

/** What a promise was rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<ReliableSocketError> {
  const failed = await promise.then(
    () => undefined,
    (error: ReliableSocketError) => error,
  );
  if (!failed) throw new Error('the promise was not rejected');
  return failed;
}

/** What a call threw. */
export function thrown(call: () => unknown): ReliableSocketError {
  try {
    call();
  } catch (error) {
    return error as ReliableSocketError;
  }
  throw new Error('the call did not throw');
}
