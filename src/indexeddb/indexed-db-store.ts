import { check } from '../checks.js';
import { ReliableSocketError } from '../errors.js';
import type { OutboxStore, StoredMessage } from '../index.js';
import { checkNames } from '../names.js';
import { type Database, type MessageKey, messagesOf, openDatabase } from './database.js';
import { createPlace } from './place.js';
import { adoptOthers, type Slot, takeSlot } from './slots.js';
import { createWrites, type Target } from './writes.js';

export interface IndexedDbStoreOptions {
  /** Name of the database. Each user of the app needs another one: what one left would be sent in the name of the next. */
  readonly name: string;
  /** Messages that are kept at most. @default 10_000 */
  readonly maxMessages?: number | undefined;
  /** Bytes of these messages, as encoded. @default 8_388_608 */
  readonly maxBytes?: number | undefined;
  /** Keep the cursors too, so that the next life of the app reads on where this one stood. @default false */
  readonly cursors?: boolean | undefined;
  /** ms for the database to open, before the connection is made without it. @default 5_000 */
  readonly openTimeout?: number | undefined;
}

/** A message, and where it is. */
interface Kept {
  readonly message: StoredMessage;
  key?: MessageKey;
}

/**
 * Keeps durable messages in IndexedDB, across reload, crash and restart of the browser. `receipt.durable` is true once
 * they are on the disk. Tabs share the database: each has messages and a `client` of its own, and those of tabs that are
 * gone are taken over by the next tab that opens. What the browser does not allow, or has no room for, stays in memory.
 * A store serves one socket at a time. See docs/DURABLE.md.
 *
 * @throws ReliableSocketError `bad-option`
 */
export const indexedDbStore = (options: IndexedDbStoreOptions): Required<OutboxStore> => {
  // Plain JavaScript may leave it out, and is told which name is missing.
  const given: Partial<IndexedDbStoreOptions> = options ?? {};
  checkNames('indexedDbStore', given, ['name', 'maxMessages', 'maxBytes', 'cursors', 'openTimeout']);
  const { name, maxMessages = 10_000, maxBytes = 8_388_608, cursors = false, openTimeout = 5_000 } = given;
  if (typeof name !== 'string' || !name) {
    throw new ReliableSocketError(
      'bad-option',
      `indexedDbStore: name is ${String(name)}, wanted a string with content`,
    );
  }
  for (const [option, value] of Object.entries({ maxMessages, maxBytes, openTimeout })) {
    check(`indexedDbStore: ${option}`, value, 1);
  }
  check('indexedDbStore: cursors', cursors, ['boolean']);
  const kept = new Map<string, Kept>();
  /** Ended before the disk was read; undefined once it was. */
  let ended: Set<string> | undefined = new Set();
  let bytes = 0;
  /** The last place in the order that was given to a message. */
  let order = 0;
  let connection: Promise<Database> | undefined;
  /** From the first use to `close()`; rejected for its whole length if it could not begin. */
  let life: Promise<Slot> | undefined;
  let closing: Promise<void> = Promise.resolve();
  let failed: ((cause: unknown) => void) | undefined;

  const tell = (cause: unknown): void => failed?.(cause);
  const lost = (): void => {
    connection = undefined;
    tell(new Error(`"${name}": the browser or another tab closed the database`));
  };
  const connect = (): Promise<Database> => {
    connection ??= openDatabase(name, openTimeout, lost);
    connection.catch(() => {
      connection = undefined;
    });
    return connection;
  };
  const remember = (one: Kept): void => {
    kept.set(one.message.id, one);
    bytes += one.message.bytes ?? 0;
  };
  const forget = (one: Kept): void => {
    if (kept.get(one.message.id) !== one) return;
    kept.delete(one.message.id);
    bytes -= one.message.bytes ?? 0;
  };
  const begin = async (): Promise<Slot> => {
    const database = await connect();
    const slot = await takeSlot(name, database);
    try {
      // A full disk is no reason to keep back what is there.
      await adoptOthers(name, database, slot).catch(tell);
      const keys = await database.getAllKeys('messages', messagesOf(slot.number));
      const messages = await database.getAll('messages', messagesOf(slot.number));
      for (const [i, key] of keys.entries()) {
        const message = messages[i] as StoredMessage; // safe: nobody else writes to this slot: as many as there are keys
        const again = kept.get(message.id);
        if (ended?.has(message.id)) await database.delete('messages', key);
        // Whoever sends it again meanwhile means the same one: it is to leave the disk once.
        else if (again) again.key = key;
        else remember({ message, key });
        order = key[1];
      }
      ended = undefined;
      return slot;
    } catch (cause) {
      slot.release();
      throw cause;
    }
  };
  const start = (): Promise<Slot> => {
    life ??= closing.then(begin);
    return life;
  };
  /** A new database gets all that the old one had. */
  const open = async (): Promise<Target> => {
    const { number } = await start();
    if (connection) return { database: await connection, slot: number };
    const database = await connect();
    const transaction = database.transaction(['messages', 'slots'], 'readwrite', { durability: 'strict' });
    for (const { message, key } of kept.values()) if (key) transaction.objectStore('messages').put(message, key);
    const written = place.current();
    if (written) transaction.objectStore('slots').put(written, number);
    await transaction.done;
    return { database, slot: number };
  };
  const writes = createWrites(open);
  const writePlace = (durability: 'strict' | 'relaxed'): Promise<void> =>
    writes.add(async (transaction, slot) => {
      const written = place.current();
      if (written) await transaction.objectStore('slots').put(written, slot);
    }, durability);
  const place = createPlace(cursors, writePlace, tell);

  return {
    async load(onFailure) {
      failed = onFailure;
      await start();
      return [...kept.values()].map(({ message }) => message);
    },
    async resume(stands) {
      const { database, slot } = await open();
      return place.begin(await database.get('slots', slot), stands);
    },
    async put(message) {
      const size = bytes + (message.bytes ?? 0);
      if (kept.size >= maxMessages || size > maxBytes) {
        throw new RangeError(`put: ${kept.size + 1} messages of ${size} bytes, wanted ${maxMessages} of ${maxBytes}`);
      }
      // The app may go on to change its object.
      const one: Kept = { message: structuredClone(message) };
      remember(one);
      place.look();
      try {
        await writes.add((transaction, slot) => {
          one.key ??= [slot, ++order] as const;
          return transaction.objectStore('messages').put(one.message, one.key);
        }, 'strict');
      } catch (cause) {
        forget(one);
        throw cause;
      }
    },
    async remove(id) {
      ended?.add(id);
      const one = kept.get(id);
      if (!one) return;
      forget(one);
      await writes.add(async (transaction) => {
        if (one.key) await transaction.objectStore('messages').delete(one.key);
      }, 'relaxed');
    },
    async close() {
      if (!life) return;
      const begun = life;
      closing = (async () => {
        const slot = await begun.catch(() => undefined);
        place.end();
        await writes.idle();
        (await connection?.catch(() => undefined))?.close();
        slot?.release();
        kept.clear();
        ended = new Set();
        bytes = order = 0;
        connection = life = undefined;
      })();
      await closing;
    },
  };
};
