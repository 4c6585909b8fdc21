import { isChromium, type WebSocketLike } from './environment.js';
import type { Encoded } from './protocol/frames.js';

/** What a stream of Node can do, such as the one below a socket of `ws`. */
interface Stream {
  cork?(): void;
  uncork?(): void;
}

export type BurstSocket = WebSocketLike & { readonly _socket?: Stream | null | undefined };

/** What one task sends. What comes behind its first messages leaves together at its end. */
export interface Burst {
  /**
   * Bytes that wait in the socket or for it; some implementations do not count them, and then it is 0. Infinity if the
   * socket takes nothing any more: browsers say CLOSING for a while before they tell the close.
   */
  bufferedAmount(): number;
  send(data: Encoded, bytes: number): void;
  /** What is held back leaves now. */
  end(): void;
}

/** Bytes that are held back at most. */
const MOST = 16_384;
/** Messages of a task that Chromium is handed at once: what an app says at a click does not wait for what it does then. */
const AT_ONCE = 8;

/**
 * One after the other messages cost more: `ws` asks the system once for each, and Chromium wakes another process once for
 * each. `ws` is handed them all the same, since they can wait in the stream below it: replies to what came together with
 * the server's close must go before the answer to that.
 *
 * With all others nothing is held. Firefox closes a socket in the very task that sets `location`, Node reads the close in
 * that of the message before it, and for none of them it is known that something is gained.
 *
 * @param socket is open
 * @param failed is called if the socket throws
 */
export const createBurst = (socket: BurstSocket, failed: () => void): Burst => {
  const stream = socket._socket;
  const holds = isChromium() && Object.prototype.toString.call(socket) === '[object WebSocket]';
  const held: Encoded[] = [];
  let heldBytes = 0;
  /** What was in the socket before them: nothing of the socket changes in the middle of a task there. */
  let before = 0;
  /** How many messages the task has handed over. */
  let handed = 0;
  let corked: typeof stream;
  const isEnding = (): boolean => socket.readyState > 1;
  const isHolding = (): boolean => holds && handed >= AT_ONCE;
  const hand = (data: Encoded): void => {
    try {
      socket.send(data);
    } catch {
      // What a socket does not take is lost with it, and sent again or told like everything on a dead link.
      failed();
    }
  };
  const burst: Burst = {
    bufferedAmount() {
      if (isHolding()) return before + heldBytes;
      return isEnding() ? Infinity : socket.bufferedAmount || 0;
    },
    send(data, bytes) {
      if (isHolding()) {
        held.push(data);
        heldBytes += bytes;
        if (heldBytes > MOST) burst.end();
        return;
      }
      if (isEnding()) return;
      if (handed && !corked) {
        corked = stream;
        stream?.cork?.();
      }
      hand(data);
      if (corked && socket.bufferedAmount > MOST) return burst.end();
      if (!handed && (stream || holds)) Promise.resolve().then(burst.end);
      handed++;
      if (isHolding()) before = socket.bufferedAmount;
    },
    end() {
      if (held.length && isEnding()) held.length = 0;
      // A class of somebody's own may answer in the middle of it: what is said then goes behind.
      for (let data = held.shift(); data !== undefined; data = held.shift()) hand(data);
      heldBytes = handed = 0;
      corked?.uncork?.();
      corked = undefined;
    },
  };
  return burst;
};
