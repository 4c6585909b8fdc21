import type { CloseInfo } from '../core/io.js';
import type { ToldClose } from '../environment.js';

/** As much of a WebSocket as is wrapped here: the platform's and the class of `ws` both fit. */
export interface WrappedWebSocket {
  readonly readyState: number;
  readonly bufferedAmount: number;
  readonly extensions: string;
  readonly protocol: string;
  binaryType: string;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  send(data: string | ArrayBuffer | Uint8Array<ArrayBuffer> | Blob): void;
  close(code?: number, reason?: string): void;
}

/** A class to connect with: the platform's `WebSocket`, that of `ws`, or one of the same shape. */
export type WrappedWebSocketConstructor = new (url: string, protocols?: string[]) => WrappedWebSocket;

/** What the present socket tells. */
export interface LinkEvents {
  opened(): void;
  message(event: { readonly data: unknown; readonly origin?: string }): void;
  errored(event?: { readonly error?: unknown; readonly message?: string }): void;
  ended(info: CloseInfo): void;
}

/** Owns one socket after the other. Late events of an older one reach nobody. */
export interface Link {
  /** The present socket, or the last one. */
  socket(): WrappedWebSocket | undefined;
  /** Throws what the constructor throws. */
  dial(WebSocket: WrappedWebSocketConstructor, url: string, protocols: string[], binaryType: string): void;
  hangUp(code?: number, reason?: string): void;
  /** Lets go without waiting for the close event, which on a dead link comes a minute late. */
  abandon(dead: boolean, code?: number, reason?: string): void;
}

export const createLink = (events: LinkEvents): Link => {
  // Only `ws` has `terminate`. Without it `ws` keeps the process until its own patience ends.
  let socket: (WrappedWebSocket & { terminate?(): void }) | undefined;

  // Chromium reads a code that is given as undefined, with a reason behind it, as 0.
  const close = (code?: number, reason?: string): void => (code ? socket?.close(code, reason) : socket?.close());

  const link: Link = {
    socket: () => socket,
    dial(WebSocket, url, protocols, binaryType) {
      socket = protocols.length ? new WebSocket(url, protocols) : new WebSocket(url);
      socket.binaryType = binaryType;
      socket.onopen = events.opened;
      socket.onmessage = events.message;
      socket.onerror = events.errored;
      socket.onclose = ({ code, reason, wasClean }: ToldClose = {}) => {
        // A class that reconnects by itself must not go on beside us.
        link.abandon(false);
        events.ended({ code: code || 1006, reason: reason || '', wasClean: !!wasClean });
      };
    },
    hangUp: close,
    abandon(dead, code, reason) {
      if (!socket) return;
      // Not null: in Node an error that nobody listens to ends the process, and a class of one's own may call what it finds.
      socket.onopen = socket.onmessage = socket.onclose = socket.onerror = () => {};
      try {
        close(code, reason);
        if (dead) socket.terminate?.();
      } catch {
        // A socket that can not even be closed is of no use to anybody.
      }
    },
  };
  return link;
};
