import { type Burst, type BurstSocket, createBurst } from './burst.js';
import type { CloseInfo, CloseVerdict, Input } from './core/io.js';
import { byteLength, type ToldClose, type WebSocketConstructor } from './environment.js';
import type { Encoded } from './protocol/frames.js';

/** Owns the one WebSocket. Late events of an older one reach nobody. */
export interface Transport {
  /** For `stats()`. */
  readonly counts: { received: number; bytesReceived: number };
  /** As `Burst` says; 0 while there is no connection. */
  bufferedAmount(): number;
  /** Throws what the constructor throws. */
  dial(WebSocket: WebSocketConstructor, url: string, protocols: readonly string[]): void;
  /** @param message its `bytes` are 0 for control frames, which are small */
  write(message: { readonly data: Encoded; readonly bytes?: number }): void;
  /** Says goodbye and waits for the answer. */
  hangUp(farewell: { readonly code: number; readonly reason: string }): void;
  /** Lets go without waiting for the close event, which on a dead link comes a minute late. */
  abandon(socket: { readonly dead: boolean }): void;
}

export const createTransport = (run: (input: Input) => void, judge: (info: CloseInfo) => CloseVerdict): Transport => {
  const counts = { received: 0, bytesReceived: 0 };
  // Only `ws` has `terminate`. Without it `ws` keeps the process for 30 s, to wait for an answer that can not come.
  let socket: (BurstSocket & { terminate?(): void }) | undefined;
  let burst: Burst | undefined;
  let saidGoodbye = false;

  const transport: Transport = {
    counts,
    bufferedAmount: () => burst?.bufferedAmount() ?? 0,
    dial(WebSocket, url, protocols) {
      const opened: BurstSocket = protocols.length ? new WebSocket(url, [...protocols]) : new WebSocket(url);
      let httpStatus = 0;
      socket = opened;
      saidGoodbye = false;
      opened.binaryType = 'arraybuffer';
      opened.onopen = () => {
        burst = createBurst(opened, () => {
          if (socket === opened) run({ type: 'errored' });
        });
        run({ type: 'opened' });
      };
      opened.onmessage = ({ data }: { readonly data: unknown }) => {
        counts.received++;
        counts.bytesReceived += byteLength(data);
        run({ type: 'frame', data });
      };
      // Some runtimes leave out the event.
      opened.onerror = ({ message }: { readonly message?: unknown } = {}) => {
        // Node tells the status that refused the handshake, pages never do. It stands alone, unlike one in a host or a port.
        httpStatus = Number(/[ '](40[13])\.?( |$)/.exec(`${message}`)?.[1]);
        run({ type: 'errored' });
      };
      opened.onclose = ({ code, reason, wasClean }: ToldClose = {}) => {
        const info = { code: code || 1006, reason: reason || '', wasClean: !!wasClean };
        const verdict = judge(info);
        // `onClose` may have called `reconnect()`, and then this end has been told.
        if (socket !== opened) return;
        // A class that reconnects by itself, perhaps in the place of the global one, must not go on beside us.
        transport.abandon({ dead: false });
        run({ type: 'closed', info, httpStatus, verdict });
      };
    },
    write({ data, bytes = 0 }) {
      burst?.send(data, bytes);
    },
    hangUp({ code, reason }) {
      burst?.end();
      try {
        socket?.close(code, reason);
        saidGoodbye = true;
      } catch {
        // It is let go without an answer a second later.
      }
    },
    abandon({ dead }) {
      const old = socket;
      if (!old) return;
      // Not null: in Node an error that nobody listens to ends the process, and a class of one's own may call what it finds.
      old.onopen = old.onmessage = old.onclose = old.onerror = () => {};
      socket = undefined;
      burst?.end();
      burst = undefined;
      try {
        if (!saidGoodbye) old.close();
        if (dead) old.terminate?.();
      } catch {
        // A socket that can not even be closed is of no use to anybody.
      }
    },
  };
  return transport;
};
