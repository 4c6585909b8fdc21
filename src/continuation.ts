import type { Continuation } from './core/io.js';
import { ReliableSocketError } from './errors.js';

/** Throws `bad-call` for what another instance can not have told: it may come from a disk or from another version. */
export const checkContinuation = (value: Continuation): void => {
  // Safe: whatever it is, its fields are looked at one by one.
  const { client, conn, cursors } = (value ?? {}) as { readonly [K in keyof Continuation]?: unknown };
  const fits =
    typeof client === 'string' &&
    client &&
    Number.isSafeInteger(conn) &&
    Array.isArray(cursors) &&
    cursors.every((cursor) => Number.isSafeInteger(cursor?.seq));
  if (fits) return;
  throw new ReliableSocketError('bad-call', `adopt: it is ${JSON.stringify(value)}, wanted { client, conn, cursors }`);
};
