import type { ChannelState } from '../index.js';
import type { Command, Told } from './io.js';
import type { Log } from './log.js';
import { undelivered } from './undelivered.js';
import type { Ending, Entry, Life, MemberWord, News, Term, Word } from './words.js';

/** What only a leader does: it tells all tabs what the socket tells, and gives the socket what they send and want. */
export interface Reign {
  /** A tab wants something; its own tab is one of them. */
  serve(word: MemberWord, from: string): void;
  /** A tab gives a message; one that it had already is not handed to the socket again. */
  hand(entry: Entry, from: string): void;
  /** A tab is no more. */
  release(from: string): void;
  /** The socket told something. */
  publish(news: Told): void;
}

interface Handed {
  readonly tab: string;
  readonly createdAt: number;
  readonly ending?: Ending;
}

/** Messages that are remembered, for tabs that give one again since they did not hear how it ended. */
const MOST_HANDED = 10_000;

/**
 * @param read what this tab, as one of all, does with news
 * @param life what was last told of the conversation
 * @param client who the conversation is to the server; a new one gets its name when the socket is made
 */
export const createReign = (
  tab: string,
  term: Term,
  log: Log,
  tell: (command: Command) => void,
  read: (news: News) => void,
  life: () => Life | undefined,
  client: () => string | undefined,
): Reign => {
  const wants = new Map([[tab, new Set<string>()]]);
  const states = new Map<string, ChannelState>();
  const handed = new Map<string, Handed>();
  const post = (word: Word): void => tell({ do: 'post', word });
  const publish = (news: News): void => {
    post({ say: 'news', term, news });
    read(news);
  };
  const isWanted = (channel: string): boolean => [...wants.values()].some((channels) => channels.has(channel));
  const stateOf = (channel: string): News[] => {
    const state = states.get(channel);
    return state ? [{ what: 'channel', channel, state }] : [];
  };
  const subscribe = (from: string, channel: string): void => {
    const wanted = isWanted(channel);
    // One that has not joined yet says when it joins what it wants.
    if (!wants.get(from)?.add(channel)) return;
    if (wanted) stateOf(channel).forEach(publish);
    else tell({ do: 'subscribe', channel });
  };
  const unsubscribe = (from: string, channel: string): void => {
    if (!wants.get(from)?.delete(channel) || isWanted(channel)) return;
    tell({ do: 'unsubscribe', channel });
    states.delete(channel);
    // Whoever subscribes anew begins anew.
    publish({ what: 'step', channel, after: log.cursor(channel), to: { seq: undefined, epoch: undefined } });
  };
  const reign: Reign = {
    serve(word, from) {
      switch (word.say) {
        case 'join': {
          if (!wants.has(from)) {
            wants.set(from, new Set());
            tell({ do: 'watch', tab: from });
          }
          for (const channel of [...(wants.get(from) ?? [])]) {
            if (!word.channels.includes(channel)) unsubscribe(from, channel);
          }
          for (const channel of word.channels) subscribe(from, channel);
          const steps = log.missedBy(word.cursors);
          const news = [life(), ...[...states.keys()].flatMap(stateOf)];
          return post({ say: 'welcome', term, to: from, steps, cursors: new Map(log.cursors), news });
        }
        case 'give':
          // What was given to another leader may have been written by that one.
          return word.under === term ? reign.hand(word.entry, from) : undefined;
        case 'subscribe':
          return subscribe(from, word.channel);
        case 'unsubscribe':
          return unsubscribe(from, word.channel);
        case 'withdraw':
          return tell({ do: 'withdraw', id: word.id });
        case 'call':
          return tell({ do: 'call', call: word.call });
        case 'ask':
          return post({ say: 'beat', term });
      }
    },
    hand(entry, from) {
      const { id, createdAt } = entry;
      const known = handed.get(id);
      // An id that is used again is another message, if it was sent at another time.
      if (known?.createdAt === createdAt) {
        if (known.ending) publish({ what: 'settled', id, ending: known.ending });
        return;
      }
      handed.set(id, { tab: from, createdAt });
      if (entry.since === undefined || entry.client === client()) tell({ do: 'hand', entry: { ...entry } });
      else undelivered(entry, 'unknown', 'another-client').forEach(reign.publish);
    },
    release(from) {
      for (const channel of [...(wants.get(from) ?? [])]) unsubscribe(from, channel);
      wants.delete(from);
    },
    publish(news) {
      switch (news.what) {
        case 'step': {
          const after = log.cursor(news.channel);
          const isStill = after.seq === news.to.seq && after.epoch === news.to.epoch;
          if (!isStill || news.message || news.gap) publish({ ...news, after });
          return;
        }
        case 'channel':
          states.set(news.channel, news.state);
          return publish(news);
        case 'settled': {
          const { id, ending } = news;
          const known = handed.get(id);
          if (known) handed.set(id, { ...known, ending });
          for (const [old, { ending }] of handed) {
            if (handed.size <= MOST_HANDED) break;
            if (ending) handed.delete(old);
          }
          return publish(news);
        }
        case 'event':
          return publish(news.id === undefined ? news : { ...news, to: handed.get(news.id)?.tab ?? tab });
        default:
          return publish(news);
      }
    },
  };
  return reign;
};
