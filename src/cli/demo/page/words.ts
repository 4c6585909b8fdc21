import type { SideName, Sides } from '../api.js';
import type { Fates } from './ledger.js';
import type { LinkState } from './link.js';

/** An open link on which nothing was heard for so long is worth a word, in ms. */
const SILENT_MS = 1_200;
/** More than this is not just under way on a good link. */
const MANY = 12;

/** What the page says of one client at one moment. */
export interface Snapshot {
  readonly link: LinkState;
  /** Of both directions together. */
  readonly fates: Fates;
  /** ms since something came from the server. */
  readonly silence: number;
  /** How often the application was told of a loss. */
  readonly gaps: number;
}

export const displayNames: Sides<string> = { naive: 'Naive client', reliable: 'ReliableSocket' };

export const thousands = (count: number): string => count.toLocaleString('en-US');

const messages = (count: number): string => `${thousands(count)} ${count === 1 ? 'message' : 'messages'}`;
const seconds = (ms: number): string => `${(Math.max(0, ms) / 1_000).toFixed(1)} s`;

/** The sentence on top, in two halves: a line each. */
export function headline({ naive, reliable }: Sides<Snapshot>): readonly [first: string, second: string] {
  const lostBy = { naive: naive.fates.lost, reliable: reliable.fates.lost };
  if (lostBy.naive === 0 && lostBy.reliable === 0) return beforeLosses({ naive, reliable });
  const ours = lostBy.reliable === 0 ? 'none' : messages(lostBy.reliable);
  const theirs = lostBy.naive === 0 ? 'nothing' : messages(lostBy.naive);
  const inSilence = reliable.fates.told > 0 ? ' in silence' : '';
  return [`The naive client lost ${theirs}.`, `ReliableSocket lost ${ours}${inSilence}.`];
}

function beforeLosses({ naive, reliable }: Sides<Snapshot>): readonly [first: string, second: string] {
  const wait = 'Wait, and see who loses what.';
  if (reliable.link.status !== 'open') return ['The link is down.', wait];
  if (isSilent(reliable)) return ['The link is dead, and nobody was told.', wait];
  if (isSilent(naive)) return ['The naive client noticed nothing.', 'ReliableSocket lost no message.'];
  return ['Nothing is lost yet.', 'Break the network, and see who loses what.'];
}

/** The sentence below it: what goes on now. */
export function explanation(
  { naive, reliable }: Sides<Snapshot>,
  { paused, now }: { readonly paused: boolean; readonly now: number },
): string {
  if (paused) return 'Paused: nobody sends anything new.';
  if (isSilent(naive) && reliable.link.status === 'open' && !isSilent(reliable)) {
    return `The naive client believes that it is connected and has heard nothing for ${seconds(naive.silence)}. ReliableSocket noticed, and is back.`;
  }
  if (reliable.link.status !== 'open') {
    const when =
      reliable.link.status === 'waiting' ? ` and tries again in ${seconds(reliable.link.retryAt - now)}` : '';
    return `ReliableSocket knows that the link is down${when}. ${messages(reliable.fates.underWay)} wait for it, here and at the server.`;
  }
  if (isSilent(naive) && isSilent(reliable)) return 'No byte passes, and nobody has told the clients.';
  if (reliable.fates.told > 0) {
    const times = reliable.gaps === 1 ? 'one gap event' : `${thousands(reliable.gaps)} gap events`;
    return `The server forgot ${messages(reliable.fates.told)}. ReliableSocket told the application in ${times}; the naive client told nobody.`;
  }
  if (naive.link.status !== 'open')
    return 'ReliableSocket is back and has caught up. The naive client is not back yet.';
  if (naive.fates.lost > 0 && reliable.fates.lost === 0) {
    return 'The naive client forgot what was under way. ReliableSocket sent it again, asked for the rest, and has it all.';
  }
  return 'Both are connected to real servers: ten messages a second, each way.';
}

/** The state of the link in a few words. */
export function linkText({ link, silence }: Snapshot, now: number): string {
  switch (link.status) {
    case 'open':
      return silence > SILENT_MS ? `Open, but silent for ${seconds(silence)}` : 'Open';
    case 'connecting':
      return 'Connecting';
    case 'waiting':
      return `Down, attempt ${link.attempt} in ${seconds(link.retryAt - now)}`;
    case 'closed':
      return `Closed: ${link.why}`;
  }
}

/** How the state is to be coloured. */
export function linkMood({ link, silence }: Snapshot): 'good' | 'doubtful' | 'down' {
  if (link.status !== 'open') return 'down';
  return silence > SILENT_MS ? 'doubtful' : 'good';
}

/** What is said below the number of lost messages. */
export function footnote(name: SideName, { fates }: Snapshot): string {
  if (fates.underWay > MANY) {
    return `${thousands(fates.underWay)} ${name === 'reliable' ? 'wait for the link' : 'are not there yet'}`;
  }
  if (fates.told > 0) {
    return `${thousands(fates.told)} more were lost, but told`;
  }
  if (fates.lost > 0) return name === 'naive' ? 'The application was never told' : 'This is a bug: please report it';
  return 'Everything is there';
}

const isSilent = ({ link, silence }: Snapshot): boolean => link.status === 'open' && silence > SILENT_MS;
