import { type DBSchema, type IDBPDatabase, type IDBPTransaction, openDB } from 'idb';
import type { Continuation, StoredMessage } from '../index.js';

interface Schema extends DBSchema {
  /** By slot and, within it, in the order in which they were put. */
  readonly messages: { readonly key: MessageKey; readonly value: StoredMessage };
  readonly slots: { readonly key: number; readonly value: Continuation };
}

export type MessageKey = readonly [slot: number, order: number] & IDBValidKey;
export type Database = IDBPDatabase<Schema>;
export type Transaction = IDBPTransaction<Schema, ['messages', 'slots'], 'readwrite'>;

/** Longer timers fire at once (the delay is a signed 32-bit number). */
const LONGEST_TIMER = 2 ** 31 - 1;

/** All messages of a slot. */
export const messagesOf = (slot: number): IDBKeyRange => IDBKeyRange.bound([slot], [slot, []]);

/**
 * Opens the database, or makes it. Rejects after `timeout` ms: an open can wait for ever behind another tab.
 *
 * @param lost The connection is gone: another tab deletes or upgrades the database, or the browser took it away.
 */
export const openDatabase = (name: string, timeout: number, lost: () => void): Promise<Database> =>
  new Promise((resolve, reject) => {
    let late = false;
    const timer = setTimeout(
      () => {
        late = true;
        reject(new Error(`open "${name}": not done in ${timeout} ms, another tab may block it`));
      },
      Math.min(timeout, LONGEST_TIMER),
    );
    openDB<Schema>(name, 1, {
      upgrade(database) {
        database.createObjectStore('messages');
        database.createObjectStore('slots');
      },
      blocking(_version, _wanted, event) {
        // Safe: it comes from the connection. One that stayed open would block the other tab.
        (event.target as IDBDatabase).close();
        lost();
      },
      terminated: lost,
    }).then((database) => {
      clearTimeout(timer);
      if (late) database.close();
      else resolve(database);
    }, reject);
  });
