import type { Corkable } from './cork.js';
import type { WsData } from './ws-server.js';

type Sent = (error?: Error | null) => void;

/** As much of a `WebSocket` of `ws` as is used here. */
export interface WsSocket {
  readonly readyState: number;
  readonly extensions: string;
  readonly bufferedAmount: number;
  send(data: string, options: { binary: boolean }, sent?: Sent): void;
  close(code: number, reason: string): void;
  terminate(): void;
  pause(): void;
  resume(): void;
  on(event: 'message', listener: (data: WsData, isBinary: boolean) => void): unknown;
  on(event: 'close' | 'error', listener: () => void): unknown;
}

/** The insides of `ws` behind a socket. */
export interface WsInsides {
  /** The stream below, to which everything is written. */
  readonly stream: Corkable;
  /** Writes bytes that are frames already. */
  readonly sender: { sendFrame(frames: readonly Uint8Array[], sent?: Sent): void };
}

interface MaybeInside {
  readonly _socket?: Partial<Corkable> | null;
  readonly _sender?: { readonly sendFrame?: unknown } | null;
}

/**
 * The insides, if they are what they have been in all of `ws` 8. `ws` has no public way to write one frame to many
 * sockets; others that broadcast over it reach for the same two. They are of no use where frames are compressed, since
 * each connection compresses for itself.
 */
export const insidesOf = (socket: WsSocket): WsInsides | undefined => {
  // Safe: nothing is believed of the two members before it was looked at.
  const { _socket: stream, _sender: sender } = socket as MaybeInside;
  if (socket.extensions !== '' || typeof sender?.sendFrame !== 'function') return undefined;
  if (typeof stream?.cork !== 'function' || typeof stream.uncork !== 'function') return undefined;
  // Safe: the functions are there; what they take is that of `ws` 8.
  return { stream, sender } as WsInsides;
};
