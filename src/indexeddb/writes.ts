import type { Database, Transaction } from './database.js';

/** Makes its requests on a transaction, in one go, for the slot that this tab has. */
export type Write = (transaction: Transaction, slot: number) => Promise<unknown>;

/** Where they go. */
export interface Target {
  readonly database: Database;
  readonly slot: number;
}

export interface Writes {
  /** Resolves when it is committed: with `strict` on the disk, else soon. */
  add(write: Write, durability: 'strict' | 'relaxed'): Promise<void>;
  /** Resolves when nothing waits any more. */
  idle(): Promise<void>;
}

interface Waiting {
  readonly write: Write;
  readonly durability: 'strict' | 'relaxed';
  readonly resolve: () => void;
  readonly reject: (cause: unknown) => void;
}

/**
 * Groups what comes in one task, or while a transaction is under way, into the next transaction: one wait for the disk
 * serves them all. They are done in the order in which they came.
 */
export const createWrites = (open: () => Promise<Target>): Writes => {
  let waiting: Waiting[] = [];
  let running: Promise<void> | undefined;

  const commit = async (batch: readonly Waiting[]): Promise<void> => {
    const durability = batch.some((one) => one.durability === 'strict') ? 'strict' : 'relaxed';
    try {
      const { database, slot } = await open();
      const transaction = database.transaction(['messages', 'slots'], 'readwrite', { durability });
      // Why a request failed, the end of the transaction tells.
      for (const { write } of batch) write(transaction, slot).catch(() => {});
      await transaction.done;
      for (const { resolve } of batch) resolve();
    } catch (cause) {
      for (const { reject } of batch) reject(cause);
    }
  };
  const run = async (): Promise<void> => {
    while (waiting.length) {
      const batch = waiting;
      waiting = [];
      await commit(batch);
    }
    running = undefined;
  };
  return {
    add: (write, durability) =>
      new Promise((resolve, reject) => {
        waiting.push({ write, durability, resolve, reject });
        running ??= Promise.resolve().then(run);
      }),
    idle: async () => running,
  };
};
