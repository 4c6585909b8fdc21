import type { Input } from './io.js';
import type { Mail } from './mail.js';
import type { SharedSocket } from './share-across-tabs.js';

/** What this tab has sent and what has no ending yet: a live view. */
export const createTabOutbox = ({ own }: Mail, run: (input: Input) => void): SharedSocket['outbox'] => ({
  get size() {
    return own.size;
  },
  // `queued`: no leader had it. `unproved`: one has it, and may have written it.
  *[Symbol.iterator]() {
    for (const { id, message, channel, createdAt, since } of [...own.values()]) {
      yield { id, message, channel, createdAt, status: since === undefined ? 'queued' : 'unproved' };
    }
  },
  cancel(id) {
    const found = own.has(id);
    if (found) run({ type: 'cancel', id });
    return found;
  },
  clear() {
    for (const id of [...own.keys()]) run({ type: 'cancel', id });
  },
});
