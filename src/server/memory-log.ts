import { atLeast, checkOptions, orInfinity, whole } from './checks.js';
import { memoryIds } from './memory-ids.js';
import { createMemoryStream, type HistoryBounds, type MemoryStream } from './memory-stream.js';
import type { ReplayLog } from './replay-log.js';

/** Bounds on each stream. Beyond one the oldest messages are forgotten, and a client that asks for them is told a gap. */
export interface MemoryLogOptions extends Partial<HistoryBounds> {
  /** Messages that are kept. @default 10_000 */
  readonly maxMessages?: number;
  /** Bytes that are kept: of the texts, and 64 more for each message. @default 8_388_608 */
  readonly maxBytes?: number;
  /** ms for which a message is kept. @default 3_600_000 */
  readonly maxAge?: number;
  /** How long the answer of a message id is kept, in ms. @default 660_000 */
  readonly keepIds?: number;
}

const COUNT = orInfinity(whole(0));

/**
 * A log in this process. It begins a new epoch at each start: who comes back after a restart is told one gap. A stream
 * that nobody follows, and that holds nothing any more, is forgotten; written again it has a new epoch too.
 */
export const memoryLog = (options: MemoryLogOptions = {}): ReplayLog => {
  checkOptions('memoryLog', options, { maxMessages: COUNT, maxBytes: COUNT, maxAge: atLeast(0), keepIds: atLeast(0) });
  const { maxMessages = 10_000, maxBytes = 8_388_608, maxAge = 3_600_000, keepIds = 660_000 } = options;
  const bounds = { maxMessages, maxBytes, maxAge };
  const start = crypto.randomUUID().slice(0, 13);
  const ids = memoryIds({ keep: keepIds });
  /** The one that was looked at longest ago comes first. */
  const streams = new Map<string | undefined, MemoryStream>();
  let forgotten = 0;
  /** A stream without a number can come and go: nobody can miss anything. */
  const isIdle = (stream: MemoryStream): boolean =>
    stream.listeners.size === 0 && (stream.head() === 0 || stream.isSpent());
  /** Looks at one stream: at each append one is enough to come round. */
  const forgetOne = (): void => {
    for (const [channel, stream] of streams) {
      streams.delete(channel);
      if (!isIdle(stream)) streams.set(channel, stream);
      else if (stream.head() > 0) forgotten += 1;
      return;
    }
  };
  const epochNow = (): string => (forgotten === 0 ? start : `${start}.${forgotten}`);
  const streamOf = (channel: string | undefined): MemoryStream => {
    const known = streams.get(channel);
    if (known !== undefined) return known;
    const stream = createMemoryStream(epochNow(), bounds);
    streams.set(channel, stream);
    return stream;
  };

  return {
    ids,
    async append(channel, data, once) {
      const stream = streamOf(channel);
      const answer = once && ids.answerOf(once.key);
      const { epoch } = stream;
      if (answer !== undefined) return { seq: stream.head(), epoch, answer };
      const entry = stream.append(data);
      if (once !== undefined) ids.settleNow(once.key, once.answer);
      for (const listener of stream.listeners) listener.entry(entry, epoch);
      forgetOne();
      return { seq: entry.seq, epoch, answer: once?.answer };
    },
    async readAfter(channel, cursor, limit) {
      // Who only looks leaves nothing behind.
      const stream = streams.get(channel) ?? createMemoryStream(epochNow(), bounds);
      return stream.readAfter(cursor, limit);
    },
    async subscribe(channel, listener) {
      const stream = streamOf(channel);
      stream.listeners.add(listener);
      return () => {
        stream.listeners.delete(listener);
        if (stream.head() === 0 && stream.listeners.size === 0) streams.delete(channel);
      };
    },
  };
};
