import type { Fates } from '../../page/ledger.js';
import type { LinkState } from '../../page/link.js';
import { thousands } from '../../page/words.js';
import { type NodeName, nodeNames, type Status } from '../api.js';

/** More than this is not just under way on a good link. */
const MANY = 12;

/** What the page says of one client at one moment. */
export interface Snapshot {
  readonly link: LinkState;
  readonly place: NodeName | null;
  /** Of all messages of the room, as it heard them. */
  readonly fates: Fates;
  /** How often its application was told of a loss. */
  readonly gaps: number;
  readonly repeated: number;
}

export const nameOf = (member: number): string => `Client ${member + 1}`;

const plural = (count: number, one: string): string => `${thousands(count)} ${one}${count === 1 ? '' : 's'}`;
const total = (all: readonly Snapshot[], read: (one: Snapshot) => number): number =>
  all.reduce((sum, one) => sum + read(one), 0);

/** The sentence on top, in two halves, a line each: what was lost, and what was told. */
export function headline(all: readonly Snapshot[], sent: number): readonly [lost: string, told: string] {
  if (sent === 0) return ['Four clients in one room,', 'two servers, one Redis.'];
  const lost = total(all, ({ fates }) => fates.lost);
  const first = `Of ${plural(sent, 'message')} to four clients, ${lost === 0 ? 'none is' : `${thousands(lost)} are`} lost in silence.`;
  const gaps = all.map((one) => one.gaps);
  const most = Math.max(...gaps);
  if (most === 0) return [first, 'There was no gap to tell.'];
  const isEach = gaps.every((count) => count === most);
  if (isEach) return [first, `Each client was told exactly ${most === 1 ? 'one gap' : plural(most, 'gap')}.`];
  const told = total(all, (one) => one.gaps);
  return [first, `${plural(told, 'gap')} told so far.`];
}

/** The sentence below it: what goes on now. */
export function explanation(
  all: readonly Snapshot[],
  status: Status,
  { paused }: { readonly paused: boolean },
): string {
  if (status.redis === 'down') return 'Redis is down. Connections stay, and every message waits for it to come back.';
  const dead = nodeNames.filter((name) => status.nodes[name] === 'down');
  if (dead.length === nodeNames.length) return 'Both nodes are down. Every message waits in its client.';
  const away = all.filter(({ link }) => link.status !== 'open').length;
  const [down] = dead;
  if (down !== undefined) {
    const other = down === 'A' ? 'B' : 'A';
    if (status.places.includes(down))
      return `Node ${down} restarts as planned, and sends its clients to node ${other} first.`;
    const where =
      away === 0 ? `All clients are on node ${other}` : `${plural(away, 'client')} on the way to node ${other}`;
    return `Node ${down} is down. ${where}, which reads from Redis what they missed.`;
  }
  if (away > 0) return `${plural(away, 'client')} without a link. Messages wait, here and in Redis.`;
  if (paused) return 'Paused: nobody sends anything new.';
  const told = total(all, ({ fates }) => fates.told);
  if (told > 0)
    return `Redis forgot ${plural(told, 'message')} that somebody had not heard yet, and the application knows.`;
  return 'Each client sends to the room, and hears all four. Kill something.';
}

/** The state of a client's link in a few words. */
export function linkText({ link, place }: Snapshot, now: number): string {
  switch (link.status) {
    case 'open':
      return place === null ? 'Open' : `On node ${place}`;
    case 'connecting':
      return 'Connecting';
    case 'waiting':
      return `Down, attempt ${link.attempt} in ${(Math.max(0, link.retryAt - now) / 1_000).toFixed(1)} s`;
    case 'closed':
      return `Closed: ${link.why}`;
  }
}

/** The state of a node. */
export function nodeText(name: NodeName, { nodes, places }: Status): string {
  if (nodes[name] === 'down') return 'down';
  return plural(places.filter((place) => place === name).length, 'client');
}

/** What is said below the number of lost messages. */
export function footnote({ fates, repeated, gaps }: Snapshot): string {
  if (fates.lost > 0) return 'This is a bug: please report it';
  if (fates.underWay > MANY) return `${thousands(fates.underWay)} not there yet`;
  if (gaps > 0)
    return `${plural(gaps, 'gap')} told: ${plural(fates.told, 'message')} gone${repeated > 0 ? `, ${repeated} twice` : ''}`;
  return 'Everything is there';
}
