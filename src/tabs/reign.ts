import type { Command, Told } from './io.js';
import { type Log, moves } from './log.js';
import { undelivered } from './undelivered.js';
import type { ChannelNews, Life, MemberWord, News, Settled, Term } from './words.js';

/** What only a leader does: it tells all tabs what the socket tells, and gives the socket what they send and want. */
export interface Reign {
  /** A tab wants something; its own tab is one of them. */
  serve(word: MemberWord, from: string): void;
  /** A tab is no more. */
  release(from: string): void;
  /** The socket told something. */
  publish(news: Told): void;
}

interface Handed {
  readonly tab: string;
  readonly createdAt: number;
  ending?: Settled;
}

/** Messages that are remembered, for tabs that give one again since they did not hear how it ended. */
const MOST_HANDED = 10_000;

/**
 * @param read what this tab, as one of all, does with news
 * @param life what was last told of the conversation; a new one gets its name when the socket is made
 */
export const createReign = (
  tab: string,
  term: Term,
  log: Log,
  tell: (command: Command) => void,
  read: (news: News) => void,
  life: () => Life | undefined,
): Reign => {
  const wants = new Map<string, readonly string[]>([[tab, []]]);
  /** The channels that are subscribed, and their states. */
  const states = new Map<string, ChannelNews | undefined>();
  const handed = new Map<string, Handed>();
  const post = (news: readonly News[], to?: string): void => tell({ do: 'post', word: { term, news, to } });
  const publish = (news: News): void => {
    post([news]);
    read(news);
  };
  /** Subscribes to what any tab wants, and to nothing else. */
  const match = (): void => {
    const all = new Set([...wants.values()].flat());
    for (const channel of states.keys()) {
      if (all.delete(channel)) continue;
      states.delete(channel);
      tell({ do: 'unsubscribe', channel });
      // All tabs forget where the channel stood: whoever subscribes again begins without a cursor.
      publish({ do: 'step', channel, after: log.cursor(channel), to: { seq: undefined, epoch: undefined } });
    }
    for (const channel of all) {
      states.set(channel, undefined);
      tell({ do: 'subscribe', channel });
    }
  };
  const reign: Reign = {
    serve(word, from) {
      switch (word.say) {
        case 'join': {
          if (!wants.has(from)) tell({ do: 'watch', tab: from });
          wants.set(from, word.channels);
          match();
          const news = [...states.values()].filter((state) => state !== undefined);
          const told = life();
          if (from === tab) news.forEach(read);
          else if (told) post([...log.missedBy(word.cursors), told, ...news], from);
          return;
        }
        case 'give': {
          // What was given to another leader may have been written by that one.
          if (word.under !== term) return;
          const { entry } = word;
          const { id, createdAt } = entry;
          const known = handed.get(id);
          // An id that is used again is another message, if it was sent at another time.
          if (known?.createdAt === createdAt) {
            if (known.ending) publish(known.ending);
            return;
          }
          handed.set(id, { tab: from, createdAt });
          if (entry.since === undefined || entry.client === life()?.client) tell({ do: 'hand', entry });
          else undelivered(entry, 'unknown', 'another-client').forEach(reign.publish);
          return;
        }
        case 'pass':
          return tell(word.wish);
        case 'ask':
          return post([]);
      }
    },
    release(from) {
      wants.delete(from);
      match();
    },
    publish(news) {
      switch (news.do) {
        case 'step': {
          const step = { ...news, after: log.cursor(news.channel) };
          if (moves(step) || step.message || step.gap) publish(step);
          return;
        }
        case 'channel':
          states.set(news.channel, news);
          break;
        case 'settled': {
          const known = handed.get(news.id);
          if (known) known.ending = news;
          for (const [old, { ending }] of handed) {
            if (handed.size <= MOST_HANDED) break;
            if (ending) handed.delete(old);
          }
          break;
        }
        case 'event':
          if (news.id !== undefined) return publish({ ...news, to: handed.get(news.id)?.tab ?? tab });
      }
      publish(news);
    },
  };
  return reign;
};
