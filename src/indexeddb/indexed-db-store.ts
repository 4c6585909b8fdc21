import { check } from '../checks.js';
import type { Continuation, OutboxStore, StoredMessage } from '../index.js';
import { type Database, type MessageKey, messagesOf, openDatabase } from './database.js';
import { adoptOthers, type Slot, takeSlot } from './slots.js';
import { createWrites } from './writes.js';

export interface IndexedDbStoreOptions {
  /** Of the database. Give each user of the app another one: what one left would be sent in the name of the next. */
  readonly name: string;
  /** Messages that are kept at most. @default 10_000 */
  readonly maxMessages?: number;
  /** Their bytes, as encoded. @default 8_388_608 */
  readonly maxBytes?: number;
  /** Keep the cursors too, so that the next life of the app reads on where this one stood. @default false */
  readonly cursors?: boolean;
  /** ms for the database to open, before the connection is made without it. @default 5_000 */
  readonly openTimeout?: number;
}

/** A message, and where it is. */
interface Kept {
  readonly message: StoredMessage;
  key?: MessageKey;
}

/** Numbers of connections that a life takes beforehand: more than it can use, so that none has to be written down. */
const CONNS_PER_LIFE = 1_000_000;
/** ms between two looks at the cursors. */
const CURSORS_EVERY = 1_000;

/**
 * Keeps durable messages in IndexedDB, across reload, crash and restart of the browser. `receipt.durable` is true once
 * they are on the disk. Tabs share the database: each has messages and a `client` of its own, and those of tabs that are
 * gone are taken over by the next tab that opens. What the browser does not allow, or has no room for, stays in memory.
 * See docs/DURABLE.md.
 *
 * @throws ReliableSocketError `bad-option`
 */
export const indexedDbStore = ({
  name,
  maxMessages = 10_000,
  maxBytes = 8_388_608,
  cursors: keepsCursors = false,
  openTimeout = 5_000,
}: IndexedDbStoreOptions): Required<OutboxStore> => {
  check('indexedDbStore: name', name, ['string']);
  for (const [option, value] of Object.entries({ maxMessages, maxBytes, openTimeout })) {
    check(`indexedDbStore: ${option}`, value, 1);
  }
  const kept = new Map<string, Kept>();
  let bytes = 0;
  /** The last place that was given to a message. */
  let order = 0;
  let connection: Promise<Database> | undefined;
  let life: Promise<Slot> | undefined;
  let closing: Promise<void> | undefined;
  let continuation: Continuation | undefined;
  let watch: ReturnType<typeof setInterval> | undefined;
  let look: (() => void) | undefined;
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
  const begin = async (): Promise<Slot> => {
    const database = await connect();
    const slot = await takeSlot(name, database);
    try {
      // A full disk is no reason to keep back what is there.
      await adoptOthers(name, database, slot).catch(tell);
      const keys = await database.getAllKeys('messages', messagesOf(slot.number));
      const messages = await database.getAll('messages', messagesOf(slot.number));
      for (const [i, key] of keys.entries()) {
        // Safe: nobody else writes to this slot, so there are as many messages as keys.
        remember({ message: messages[i] as StoredMessage, key });
        order = key[1];
      }
      return slot;
    } catch (cause) {
      slot.release();
      throw cause;
    }
  };
  const start = (): Promise<Slot> => {
    life ??= (closing ?? Promise.resolve()).then(begin);
    return life;
  };
  const remember = (one: Kept): void => {
    kept.set(one.message.id, one);
    bytes += one.message.bytes ?? 0;
  };
  const forget = ({ message }: Kept): void => {
    if (kept.delete(message.id)) bytes -= message.bytes ?? 0;
  };
  /** With what is kept on the disk also if the database is a new one. */
  const database = async (): Promise<Database> => {
    const { number } = await start();
    if (connection) return connection;
    const reopened = await connect();
    const transaction = reopened.transaction(['messages', 'slots'], 'readwrite', { durability: 'strict' });
    for (const { message, key } of kept.values()) if (key) transaction.objectStore('messages').put(message, key);
    if (continuation) transaction.objectStore('slots').put(continuation, number);
    await transaction.done;
    return reopened;
  };
  const writes = createWrites(database);
  const writePlace = async (durability: 'strict' | 'relaxed'): Promise<void> => {
    const { number } = await start();
    return writes.add(async (transaction) => {
      if (continuation) await transaction.objectStore('slots').put(continuation, number);
    }, durability);
  };

  return {
    async load(onFailure) {
      failed = onFailure;
      await start();
      return [...kept.values()].map(({ message }) => message);
    },
    async resume(place) {
      const { number } = await start();
      const left = await (await database()).get('slots', number);
      const { client = crypto.randomUUID(), cursors = [] } = left ?? {};
      // The clock may go back, and the disk may be full: one of the two is enough.
      const conn = Math.max(left?.conn ?? 0, Date.now());
      continuation = { client, conn: conn + CONNS_PER_LIFE, cursors: keepsCursors ? cursors : [] };
      const resumed = { ...continuation, conn };
      await writePlace('strict').catch(tell);
      look = () => {
        const { cursors } = place();
        if (!continuation || JSON.stringify(cursors) === JSON.stringify(continuation.cursors)) return;
        continuation = { ...continuation, cursors };
        // One that is not written is one that is read again.
        writePlace('relaxed').catch(() => {});
      };
      if (keepsCursors) watch = setInterval(look, CURSORS_EVERY);
      else look = undefined;
      return resumed;
    },
    async put(message) {
      const size = bytes + (message.bytes ?? 0);
      if (kept.size >= maxMessages || size > maxBytes) {
        throw new RangeError(`put: it would be ${kept.size + 1} messages of ${size} bytes, too much for the options`);
      }
      // The app may go on to change its object.
      const one: Kept = { message: structuredClone(message) };
      remember(one);
      try {
        const { number } = await start();
        await writes.add((transaction) => {
          one.key ??= [number, ++order] as const;
          return transaction.objectStore('messages').put(one.message, one.key);
        }, 'strict');
      } catch (cause) {
        forget(one);
        throw cause;
      }
    },
    async remove(id) {
      const one = kept.get(id);
      if (!one) return;
      forget(one);
      await writes.add(async (transaction) => {
        if (one.key) await transaction.objectStore('messages').delete(one.key);
      }, 'relaxed');
    },
    async close() {
      const ended = life;
      clearInterval(watch);
      look?.();
      if (!ended) return;
      closing = (async () => {
        const slot = await ended.catch(() => undefined);
        await writes.idle();
        (await connection?.catch(() => undefined))?.close();
        slot?.release();
        kept.clear();
        bytes = order = 0;
        connection = life = continuation = undefined;
      })();
      await closing;
    },
  };
};
