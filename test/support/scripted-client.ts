import {
  type AnyMessage,
  type Gap,
  type LifecycleSignal,
  ReliableSocket,
  type ReliableSocketError,
  type ReliableSocketOptions,
  type SocketEvents,
  type SocketState,
  type Undelivered,
  type UrlProvider,
} from '../../src/index.js';
import {
  type ScriptedSocket,
  type ScriptedSockets,
  scriptedSockets,
  seededRandom,
  VirtualClock,
  virtualEnvironment,
} from '../../src/testing/index.js';

/** What surrounds the client of a test. */
export interface Surroundings {
  /** @default 'wss://example.test/live' */
  readonly url?: UrlProvider;
  /** @default seededRandom(1) */
  readonly random?: () => number;
  /** @default a clock of its own */
  readonly clock?: VirtualClock;
  /** Sees each new socket in its constructor. */
  readonly onCreate?: (socket: ScriptedSocket) => void;
}

/** A client with all that surrounds it: its clock, sockets that are the test's own, and what it ever told. */
export interface ClientWorld {
  readonly clock: VirtualClock;
  readonly net: ScriptedSockets;
  readonly socket: ReliableSocket;
  /** When each socket was made, in ms of the clock. */
  readonly dials: readonly number[];
  readonly states: readonly SocketState[];
  readonly opens: readonly SocketEvents['open'][];
  readonly closes: readonly SocketEvents['close'][];
  readonly gaps: readonly Gap[];
  readonly errors: readonly ReliableSocketError[];
  readonly undelivered: readonly Undelivered[];
  readonly messages: readonly AnyMessage[];
  /** Lets this much time pass, promises included. */
  after(ms: number): Promise<void>;
  /** Waits for the next socket, at most so long, unless the newest is still connecting. */
  redial(within?: number): Promise<ScriptedSocket>;
  /** As `redial`, and opens it. */
  reopen(within?: number): Promise<ScriptedSocket>;
}

export const URL_OF_TESTS = 'wss://example.test/live';

/** Makes the client, and lets it do what it does before any time has passed. */
export const startClient = async (
  options: ReliableSocketOptions<AnyMessage, AnyMessage> = {},
  { url = URL_OF_TESTS, random = seededRandom(1), clock = new VirtualClock(), onCreate }: Surroundings = {},
): Promise<ClientWorld> => {
  const dials: number[] = [];
  const net = scriptedSockets((socket) => {
    dials.push(clock.now());
    onCreate?.(socket);
  });
  const socket = new ReliableSocket(url, {
    WebSocket: net.WebSocket,
    lifecycle: false,
    ...options,
    environment: virtualEnvironment({ clock, random, WebSocket: net.WebSocket }),
  });
  const states: SocketState[] = [];
  const opens: SocketEvents['open'][] = [];
  const closes: SocketEvents['close'][] = [];
  const gaps: Gap[] = [];
  const errors: ReliableSocketError[] = [];
  const undelivered: Undelivered[] = [];
  const messages: AnyMessage[] = [];
  socket.on('state', (state) => states.push(state));
  socket.on('open', (event) => opens.push(event));
  socket.on('close', (event) => closes.push(event));
  socket.on('gap', (gap) => gaps.push(gap));
  socket.on('error', (error) => errors.push(error));
  socket.on('undelivered', (event) => undelivered.push(event));
  socket.onMessage((message) => messages.push(message));
  await clock.advanceAsync(0);
  const isDialling = (): boolean => net.sockets.at(-1)?.readyState === 0 && socket.state.status === 'connecting';
  const redial = async (within = 60_000): Promise<ScriptedSocket> => {
    const end = clock.now() + within;
    await clock.advanceAsync(0);
    while (!isDialling()) {
      const next = clock.nextTimerAt;
      if (next === undefined || next > end) throw new Error(`no new socket within ${within} ms`);
      await clock.advanceAsync(Math.max(0, next - clock.now()));
    }
    return net.last;
  };
  return {
    clock,
    net,
    socket,
    dials,
    states,
    opens,
    closes,
    gaps,
    errors,
    undelivered,
    messages,
    after: (ms) => clock.advanceAsync(ms),
    redial,
    async reopen(within) {
      const next = await redial(within);
      next.open();
      await clock.advanceAsync(0);
      return next;
    },
  };
};

/** As `startClient`, with the first socket open. */
export const openClient = async (
  options?: ReliableSocketOptions<AnyMessage, AnyMessage>,
  surroundings?: Surroundings,
): Promise<ClientWorld> => {
  const client = await startClient(options, surroundings);
  client.net.last.open();
  await client.after(0);
  return client;
};

/** The server takes part: `answer` is told each frame that the client writes on this socket. */
export const serve = (socket: ScriptedSocket, answer: (frame: Record<string, unknown>) => void): void => {
  const send = socket.send.bind(socket);
  socket.send = (data) => {
    send(data);
    if (typeof data === 'string') answer(JSON.parse(data));
  };
};

/** A server that answers pings. */
export const answerPings = (socket: ScriptedSocket): void => {
  serve(socket, (frame) => {
    if (frame.type === 'ping') socket.receive({ type: 'pong', t: frame.t });
  });
};

/** Frames of one type that the client wrote on this socket. */
export const framesOf = (socket: ScriptedSocket, type: string): Record<string, unknown>[] =>
  socket.frames.filter((frame) => frame.type === type);

/** A parameter of the URL that this socket was made with. */
export const param = (socket: ScriptedSocket, name: string): string | null =>
  new URL(socket.url).searchParams.get(name);

/** How long the client waits in its present state for the next attempt. */
export const waitOf = ({ socket, clock }: Pick<ClientWorld, 'socket' | 'clock'>): number => {
  const { state } = socket;
  if (state.status !== 'waiting') throw new Error(`the client is ${state.status}, not waiting`);
  return state.retryAt - clock.now();
};

/** A `lifecycle` that the test plays. */
export interface ScriptedLifecycle {
  readonly lifecycle: (tell: (signal: LifecycleSignal) => void) => () => void;
  /** How many clients listen now. */
  readonly listeners: number;
  tell(signal: LifecycleSignal): void;
}

export const scriptedLifecycle = (): ScriptedLifecycle => {
  const tells = new Set<(signal: LifecycleSignal) => void>();
  return {
    lifecycle: (tell) => {
      tells.add(tell);
      return () => tells.delete(tell);
    },
    get listeners() {
      return tells.size;
    },
    tell(signal) {
      for (const tell of tells) tell(signal);
    },
  };
};

/** Numbers that come in this order, the last one for ever after. */
export const randomFrom = (...numbers: readonly number[]): (() => number) => {
  let next = 0;
  return () => numbers[Math.min(next++, numbers.length - 1)] ?? 0;
};
