import type { WebSocketLike } from './environment.js';
import type { Encoded } from './protocol/frames.js';

/** What a stream of Node can do, such as the one below a socket of `ws`. */
interface Stream {
  cork?(): void;
  uncork?(): void;
}

export type BurstSocket = WebSocketLike & { readonly _socket?: Stream | null | undefined };

/** Bytes that are held back at most. */
const MOST = 16_384;

/**
 * Sends, and holds together what follows in the same task, as browsers do by themselves: `ws` asks the system once for
 * each message, which costs more than all else that is done for it. The first one goes at once.
 */
export const createBurst = (): ((socket: BurstSocket, data: Encoded) => void) => {
  let begun: BurstSocket['_socket'];
  let held: BurstSocket['_socket'];
  const end = (): void => {
    held?.uncork?.();
    begun = held = undefined;
  };
  return (socket, data) => {
    if (!begun) {
      begun = socket._socket;
      if (begun) Promise.resolve().then(end);
    } else if (!held) {
      held = begun;
      held.cork?.();
    }
    socket.send(data);
    if (held && socket.bufferedAmount > MOST) end();
  };
};
