import type { ServerProtocol } from '../protocol/server-frames.js';
import { Batch } from './batch.js';
import { now } from './clock.js';
import type { Cursor, Entry, LogListener, ReplayLog } from './replay-log.js';
import { unref } from './runtime.js';
import type { Input, Live, Numbered, Reading } from './session/io.js';

/** A connection that follows streams. */
export interface Follower {
  /** @param at the time, for a caller that tells many and looks at the clock once */
  handle(input: Input, at?: number): void;
}

interface Feed {
  readonly followers: Set<Follower>;
  /** Resolves once the log tells what is appended, with the function that ends this. */
  readonly ready: Promise<() => void>;
  /** Readings of now that miss nothing yet, by where they begin. */
  readonly readings: Map<string, Promise<Reading>>;
}

/** How much of the log is read at a time for one connection. */
const SLICE = { messages: 500, bytes: 65_536 };
/** A herd does not come in one instant: what was read serves others for this many ms, unless something newer is told. */
const SHARED_FOR = 100;
/** For a client that asks where a stream stands, and for no messages. */
const NOTHING = { messages: 0, bytes: 0 };

/**
 * The streams that are followed on this node: each is subscribed to once, and each message is made into a frame once,
 * however many connections follow.
 */
export interface Feeds {
  size(): number;
  follow(channel: string | undefined, follower: Follower): void;
  unfollow(channel: string | undefined, follower: Follower): void;
  /** Reads what follows the cursor, after it is sure that nothing newer is missed. */
  read(channel: string | undefined, cursor: Cursor | undefined): Promise<Reading>;
  stop(): Promise<void>;
}

/** @param most Bytes of messages that are written as one, so that a reader who stops costs little more than its bound. */
export const createFeeds = (log: ReplayLog, protocol: ServerProtocol, most: number = 16_384): Feeds => {
  const feeds = new Map<string | undefined, Feed>();

  const batchesOf = (channel: string | undefined, entries: readonly Entry[]): Numbered[] => {
    const batches: Numbered[] = [];
    let texts: string[] = [];
    let [size, last] = [0, 0];
    const close = (): void => {
      if (texts.length > 0) batches.push({ seq: last, batch: new Batch(texts) });
      [texts, size] = [[], 0];
    };
    for (const { seq, data } of entries) {
      const text = protocol.number(data, seq, channel);
      if (size + text.length > most) close();
      texts.push(text);
      size += text.length;
      last = seq;
    }
    close();
    return batches;
  };
  const open = (channel: string | undefined): Feed => {
    const followers = new Set<Follower>();
    const readings = new Map<string, Promise<Reading>>();
    const tell = (input: Input): void => {
      // A reading that is under way may have missed it, so nobody else joins that one.
      readings.clear();
      const at = now();
      for (const follower of followers) follower.handle(input, at);
    };
    // Async, so that a log that throws at once gives a promise that rejects.
    const subscribe = async (listener: LogListener): Promise<() => void> => log.subscribe(channel, listener);
    const ready = subscribe({
      entry({ seq, data }, epoch) {
        const live: Live = { seq, epoch, batch: new Batch([protocol.number(data, seq, channel)]) };
        tell({ type: 'live', channel, live });
      },
      missed: () => tell({ type: 'missed', channel }),
    });
    const feed = { followers, ready, readings };
    feeds.set(channel, feed);
    // The next one who comes tries again; those who wait are told by their reading.
    ready.catch(() => close(channel, feed));
    return feed;
  };
  const close = (channel: string | undefined, feed: Feed): void => {
    if (feeds.get(channel) === feed) feeds.delete(channel);
  };
  const readSlice = async (channel: string | undefined, cursor: Cursor | undefined): Promise<Reading> => {
    const slice = await log.readAfter(channel, cursor, cursor === undefined ? NOTHING : SLICE);
    return { ...slice, entries: batchesOf(channel, slice.entries) };
  };

  return {
    size: () => feeds.size,
    follow(channel, follower) {
      (feeds.get(channel) ?? open(channel)).followers.add(follower);
    },
    unfollow(channel, follower) {
      const feed = feeds.get(channel);
      if (!feed?.followers.delete(follower) || feed.followers.size > 0) return;
      close(channel, feed);
      void feed.ready.then(
        (end) => end(),
        () => {},
      );
    },
    async read(channel, cursor) {
      const feed = feeds.get(channel);
      await feed?.ready;
      if (feed === undefined) return readSlice(channel, cursor);
      // Many clients that were cut off together ask for the same.
      const place = cursor === undefined ? '' : `${cursor.seq} ${cursor.epoch ?? ''}`;
      const known = feed.readings.get(place);
      if (known !== undefined) return known;
      const reading = readSlice(channel, cursor);
      feed.readings.set(place, reading);
      const forget = (): void => {
        if (feed.readings.get(place) === reading) feed.readings.delete(place);
      };
      reading.then(() => unref(setTimeout(forget, SHARED_FOR)), forget);
      return reading;
    },
    async stop() {
      const all = [...feeds.values()];
      feeds.clear();
      for (const { ready } of all) {
        const end = await ready.catch(() => undefined);
        end?.();
      }
    },
  };
};
