import { ReliableSocketError } from '../errors.js';

/** Lets go of a lock. The browser does so itself when a tab goes, however it goes. */
export type Release = () => void;

/**
 * Takes a Web Lock, which tells the tabs that live from those that are gone; undefined if another tab has it.
 *
 * @param patience ms to wait for it. @default 0
 */
export const takeLock = (name: string, patience: number = 0): Promise<Release | undefined> =>
  new Promise((resolve, reject) => {
    // Safe: it is missing where the page is not secure, whatever the types say.
    const locks = navigator.locks as LockManager | undefined;
    if (!locks) {
      const wanted = 'wanted them, so that tabs can share a store: serve the page by https';
      throw new ReliableSocketError('store-failed', `indexedDbStore: this page has no Web Locks, ${wanted}`);
    }
    const hold = (lock: Lock | null): Promise<void> | undefined => {
      if (!lock) return void resolve(undefined);
      return new Promise((release) => resolve(release));
    };
    if (!patience) return void locks.request(name, { ifAvailable: true }, hold).catch(reject);
    const signal = AbortSignal.timeout(patience);
    locks.request(name, { signal }, hold).catch((cause) => (signal.aborted ? resolve(undefined) : reject(cause)));
  });
