import { onAbort } from '../abort.js';
import { createDeferred, type Deferred } from './deferred.js';
import type { Handlers, Input, PlaceCommand } from './io.js';
import type { Said } from './words.js';

/** The place of this tab among those of its name: what it says and hears there, and the locks. */
export interface Place extends Handlers<PlaceCommand> {
  /** Gives everything back; what still comes is ignored. */
  end(): void;
}

export const createPlace = (name: string, tab: string, run: (input: Input) => void): Place => {
  const ofTabs = `${name} tab `;
  const stay = new AbortController();
  const { signal } = stay;
  const left = new Promise<void>((resolve) => onAbort(signal, resolve));
  let channel: BroadcastChannel | undefined;
  /** Ends our time with the leader's lock, which may be over already. */
  let mandate: Deferred<void> | undefined;
  /** Whether a request for the leader's lock waits. */
  let competing = false;

  const request = (
    lock: string,
    options: LockOptions,
    granted: (lock: Lock | null) => unknown,
    lost?: () => void,
  ): void => {
    // A request that our leaving aborts is not lost: nobody wants it any more.
    navigator.locks
      .request(lock, options, (lock) => !signal.aborted && granted(lock))
      .catch(() => signal.aborted || lost?.());
  };
  const take = (options: LockOptions): void => {
    let mine = false;
    request(
      name,
      options,
      async () => {
        mine = true;
        if (!options.steal) competing = false;
        const own = createDeferred<void>();
        mandate = own;
        // Firefox refuses this question to frames of another site, though it grants them locks: then there may be others.
        const all = await navigator.locks.query().catch(() => undefined);
        const isAlone = all?.held?.every((lock) => !lock.name?.startsWith(ofTabs) || lock.name === ofTabs + tab);
        if (signal.aborted) return;
        run({ type: 'locked', alone: !!isAlone });
        return own.promise;
      },
      () => mine && run({ type: 'robbed' }),
    );
  };

  request(
    ofTabs + tab,
    { signal },
    () => {
      channel = new BroadcastChannel(name);
      channel.onmessage = ({ data }: MessageEvent<Said>) => run({ type: 'heard', said: data });
      run({ type: 'enter' });
      return left;
    },
    () => {
      // The browser keeps this page from others, in a sandbox say: it has a socket of its own.
      run({ type: 'enter' });
      run({ type: 'locked', alone: true });
    },
  );
  return {
    post: ({ word }) => channel?.postMessage({ ...word, from: tab }),
    compete() {
      mandate?.resolve();
      if (!competing) take({ signal });
      competing = true;
    },
    steal({ attempt }) {
      // Kept, so that the tabs do not take it from each other. The next attempt is another lock: this tab may hang.
      request(`${name} heir ${attempt}`, { ifAvailable: true }, (heir) => {
        if (!heir) return;
        take({ steal: true });
        return left;
      });
    },
    // Each tab holds a lock of its own for as long as it lives.
    watch: ({ tab: other }) => request(ofTabs + other, { signal }, () => run({ type: 'gone', tab: other })),
    end() {
      stay.abort();
      mandate?.resolve();
      channel?.close();
    },
  };
};
