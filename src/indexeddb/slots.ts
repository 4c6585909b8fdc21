import { type Database, messagesOf } from './database.js';
import { type Release, takeLock } from './locks.js';

/** The part of the database that belongs to one tab: its messages, and who it is to the server. */
export interface Slot {
  readonly number: number;
  readonly release: Release;
}

/** ms that a page which is loaded anew waits for the slot that it had: the page before may still be going. */
const RELOAD_PATIENCE = 1_000;

/** Web Locks take no name that begins with a hyphen, and the application may have locks of its own. */
const lockName = (name: string, slot: number): string => `reliable-socket ${name}/${slot}`;

const filledSlots = async (database: Database): Promise<Set<number>> =>
  new Set((await database.getAllKeys('messages')).map(([slot]) => slot));

/** Leaves a note for the next page of this tab. Workers have none. */
const forReload = (name: string): { read(): number; leave(number: number): () => void } => {
  const key = `${name}/slot`;
  return {
    read() {
      const slot = globalThis.sessionStorage?.getItem(key);
      globalThis.sessionStorage?.removeItem(key);
      return Number(slot ?? Number.NaN);
    },
    leave(number) {
      const write = (): void => {
        try {
          globalThis.sessionStorage?.setItem(key, `${number}`);
        } catch {
          // The application has filled it. Without a note the next page takes the first free slot with messages.
        }
      };
      addEventListener('pagehide', write);
      return () => removeEventListener('pagehide', write);
    },
  };
};

/**
 * Takes the slot that this tab had before it was loaded anew, else the first free one with messages, else the first free
 * one. Those of other tabs that live are left alone.
 */
export const takeSlot = async (name: string, database: Database): Promise<Slot> => {
  const { read, leave } = forReload(name);
  const take = async (number: number, patience?: number): Promise<Slot | undefined> => {
    const unlock = await takeLock(lockName(name, number), patience);
    if (!unlock) return undefined;
    const stop = leave(number);
    return {
      number,
      release() {
        stop();
        unlock();
      },
    };
  };
  const before = read();
  let slot = before >= 0 ? await take(before, RELOAD_PATIENCE) : undefined;
  const known = [...(await filledSlots(database)), ...(await database.getAllKeys('slots'))];
  for (const number of known) slot ??= await take(number);
  for (let fresh = 0; !slot; fresh++) slot = await take(fresh);
  return slot;
};

/** Moves the messages of slots whose tabs are gone to the end of this one. */
export const adoptOthers = async (name: string, database: Database, { number }: Slot): Promise<void> => {
  for (const other of await filledSlots(database)) {
    const release = other === number ? undefined : await takeLock(lockName(name, other));
    if (!release) continue;
    try {
      const transaction = database.transaction(['messages', 'slots'], 'readwrite', { durability: 'strict' });
      const messages = transaction.objectStore('messages');
      const [last] = (await messages.getAllKeys(messagesOf(number))).slice(-1);
      // What a leader of tabs gave up when it hung is in the slot of the next one as well.
      const known = new Set((await messages.getAll(messagesOf(number))).map(({ id }) => id));
      let order = last?.[1] ?? 0;
      for (const message of await messages.getAll(messagesOf(other))) {
        if (!known.has(message.id)) messages.put(message, [number, ++order]);
      }
      messages.delete(messagesOf(other));
      transaction.objectStore('slots').delete(other);
      await transaction.done;
    } finally {
      release();
    }
  }
};
