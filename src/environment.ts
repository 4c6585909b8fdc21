import type { CloseInfo } from './core/io.js';

/** As much of a WebSocket as is used here: the browsers', Node's, and the class of `ws` all fit. */
export interface WebSocketLike {
  readonly readyState: number;
  readonly bufferedAmount: number;
  binaryType: string;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  send(data: string | ArrayBuffer | Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
}

/** A close event: some runtimes leave out fields of it, or the event; React Native has a reason of null, Deno a code of 0. */
export type ToldClose = Partial<Omit<CloseInfo, 'reason'> & { readonly reason: string | null }>;

export type WebSocketConstructor = new (url: string, protocols?: string[]) => WebSocketLike;

/** Time, random numbers and the socket: all that the client takes from its surroundings. Tests bring their own. */
export interface Environment {
  /** ms; must not go back. */
  now(): number;
  /** From [0, 1). */
  random(): number;
  setTimer(run: () => void, ms: number): unknown;
  clearTimer(handle: unknown): void;
  webSocket(): WebSocketConstructor | undefined;
  /** Random and unique: the beginning of message ids, and the client's name at the server. */
  instanceId(): string;
}

/** ms. Timers of 2 ** 31 and more fire at once (the delay is a signed 32-bit number). */
const LONGEST_TIMER = 2_000_000_000;

/** What a connection needs: all but the id of the client. */
export type SocketEnvironment = Omit<Environment, 'instanceId'>;

/** The real environment. Globals are looked up when they are needed, so that fake timers and late polyfills work. */
export const createSocketEnvironment = (overrides: Partial<SocketEnvironment> = {}): SocketEnvironment => {
  let last = -Infinity;
  let offset = 0;
  return {
    // `performance.now()` may stand still while a machine sleeps, so it is `Date.now()`, whose steps back are absorbed.
    now() {
      const time = Date.now() + offset;
      if (time < last) offset += last - time;
      else last = time;
      return last;
    },
    random: () => Math.random(),
    setTimer(run, ms) {
      ms = Math.min(ms, LONGEST_TIMER);
      const at = last + ms;
      return setTimeout(() => {
        // A step back takes with it what had passed since the last look. The timer knows how much that was, at least.
        if (Date.now() + offset < last) last = Math.max(last, at);
        run();
      }, ms);
    },
    // Safe: the handle is what `setTimer` gave.
    clearTimer: (handle) => clearTimeout(handle as Parameters<typeof clearTimeout>[0]),
    // Safe: some runtimes have none, whatever the types say.
    webSocket: () => (globalThis as { WebSocket?: WebSocketConstructor }).WebSocket,
    ...overrides,
  };
};

/** The real one, with the id of the client. */
export const createEnvironment = (overrides: Partial<Environment> = {}): Environment => ({
  ...createSocketEnvironment(),
  instanceId() {
    // `crypto.randomUUID` is missing on http pages; React Native may have no crypto at all.
    const zeros = new Uint32Array(2);
    const words = globalThis.crypto ? crypto.getRandomValues(zeros) : zeros.map(() => Math.random() * 2 ** 32);
    return [...words].map((word) => word.toString(36)).join('');
  },
  ...overrides,
});

/** An AbortController where there is one: React Native's engine alone has none. */
export const createAbort = (): { readonly signal: AbortSignal | undefined; abort(): void } =>
  globalThis.AbortController ? new AbortController() : { signal: undefined, abort() {} };

/** Only Chromium says so much of itself. */
export const isChromium = (): boolean =>
  !!(globalThis.navigator as { readonly userAgentData?: unknown } | undefined)?.userAgentData;

/** Bytes of a frame, of a text as UTF-8. Counted by hand: some engines have no `TextEncoder`, and it would copy the text. */
export const byteLength = (data: unknown): number => {
  if (typeof data !== 'string') return (data as { byteLength?: number } | undefined)?.byteLength ?? 0;
  let bytes = data.length;
  // ASCII in most texts, which the engine sees in less time than the loop takes; JSON escapes control characters.
  if (!/[^ -~]/.test(data)) return bytes;
  for (let i = 0; i < data.length; i++) {
    const code = data.charCodeAt(i);
    // Each half of a surrogate pair counts 2: together the 4 bytes of its character.
    if (code > 0x7f) bytes += code > 0x7ff && (code < 0xd800 || code > 0xdfff) ? 2 : 1;
  }
  return bytes;
};
