import { onAbort } from './abort.js';
import type { ListenOptions, Unsubscribe } from './emitter.js';
import { ReliableSocketError } from './errors.js';
import type { SocketState } from './socket-types.js';

/** A socket, or the handle of a tab on one. */
interface Stateful {
  readonly state: SocketState;
  on(name: 'state', listener: (state: SocketState) => void): Unsubscribe;
}

/** Resolves when the connection is open; rejects when the conversation is closed or the signal aborts. */
export const opened = (socket: Stateful, { signal }: ListenOptions): Promise<void> =>
  new Promise((resolve, reject) => {
    const end = (error?: ReliableSocketError): void => {
      off();
      forget();
      if (error) reject(error);
      else resolve();
    };
    const abort = (): void => end(new ReliableSocketError('aborted', 'opened: aborted', { cause: signal?.reason }));
    const look = (state: SocketState): void => {
      if (state.status === 'open') end();
      if (state.status === 'closed') end(state.error ?? new ReliableSocketError('closed', 'opened: it was closed'));
    };
    const off = socket.on('state', look);
    const forget = onAbort(signal, abort);
    if (signal?.aborted) abort();
    else look(socket.state);
  });
