import type { Continuation, SocketState } from '../index.js';
import type { Command, Input, Surroundings } from './io.js';
import { createLog } from './log.js';
import { createMail, type Mail, mayBeWritten } from './mail.js';
import { createReign } from './reign.js';
import type { Role } from './role.js';
import { nextTerm } from './term.js';
import { undelivered } from './undelivered.js';
import { createWants } from './wants.js';
import type { Entry, LeaderWord, Life, MemberWord, News, Said, Term, Wish, Word } from './words.js';

export interface SessionOptions {
  readonly tab: string;
  /** ms of silence after which a leader is taken for dead. */
  readonly patience: number;
  readonly keep: number;
  readonly maxMessages: number;
}

/**
 * One tab, without I/O: who leads, what this tab was given, and what it has sent. To its tabs a leader is what a server
 * is to a client: it tells what is new, repeats what a tab has missed, and says so where it can not.
 */
export interface Session {
  readonly mail: Mail;
  /** What a leader last told of the conversation. */
  life(): Life | undefined;
  handle(input: Input, surroundings: Surroundings): Command[];
  nextDeadline(): number;
}

/** ms for an answer to `who`; every tab that is awake answers within a few. */
const ANSWER_TIME = 250;
/** Endings that no other leader can undo. */
const SAID_BY_SERVER = 'acked refused sent';
/** ms by which an alarm may be late before it counts as one of a tab that was throttled or asleep. */
const LATE = 300;

export const createSession = ({ tab, patience, keep, maxMessages }: SessionOptions): Session => {
  const log = createLog(keep);
  const mail = createMail(maxMessages);
  const wants = createWants();
  let commands: Command[] = [];
  let now = 0;
  let random: () => number = () => 0;
  let role: Role = { at: 'away' };
  let life: Life | undefined;
  /** Whether this tab ever took part in the conversation: one that only heard of it does not know where its streams are. */
  let knows = false;
  /** The term of the newest leader that was heard of. */
  let term: Term = '';
  /** Who takes over what this tab leaves behind: the leader, or, if this tab leads, the tab that it heard last. */
  let heir: string | undefined;
  /** When to doubt the leader, and how often it was asked in vain. */
  let due = Infinity;
  let asks = 0;
  /** How often this tab tried to take the lock from the leader of this term. */
  let attempts = 0;
  /** For the next leader: it is to connect, since a call came while there was none to hear it. */
  const owed: Wish[] = [];

  const tell = (command: Command): void => {
    commands.push(command);
  };
  const post = (word: Word): void => tell({ do: 'post', word });
  const toState = (state: SocketState): void => tell({ do: 'state', state });
  /** The leader lives. When it is doubted next is drawn, so that not all tabs ask at once. */
  const trust = (): void => {
    asks = 0;
    due = now + (patience / 2) * (0.8 + 0.4 * random());
  };
  const become = (next: Role): void => {
    role = next;
    due = next.at === 'asking' ? now + ANSWER_TIME : Infinity;
    if (next.at === 'seeking' || next.at === 'following') trust();
  };
  const seek = (): void => {
    become({ at: 'seeking' });
    if (life) toState({ status: 'suspended', why: 'no-leader' });
  };
  const joined = (): boolean => role.at === 'leading' || (role.at === 'following' && role.joined);
  const toLeader = (word: MemberWord): void => {
    if (role.at === 'leading') role.reign.serve(word, tab);
    else post(word);
  };
  const wish = (what: Wish): void => toLeader({ say: 'pass', wish: what });
  const joining = (): MemberWord => ({
    say: 'join',
    cursors: new Map(log.cursors),
    channels: [...wants],
    life: knows ? life : undefined,
    last: term,
  });
  const join = (): void => toLeader(joining());
  const follow = (): void => {
    become({ at: 'following', joined: false });
    join();
  };

  /** Ends a message here. Once a leader had it, nobody knows. */
  const giveUp = (entry: Entry, ending: 'rejected' | 'cancelled' | 'closed', reason: string): void => {
    mail.remove(entry.id);
    const outcome = entry.since === undefined ? ending : 'unknown';
    for (const news of undelivered(entry, outcome, reason)) tell(news);
  };
  const give = (entry: Entry): void => {
    if (!joined()) return;
    // The leader that was asked to is gone, and may have written it.
    if (entry.withdrawn) return giveUp(entry, 'cancelled', 'cancelled');
    toLeader({ say: 'give', entry: { ...entry }, under: term });
    mayBeWritten(entry, now, life?.client);
  };

  const handOver = (): void => {
    for (const what of owed.splice(0)) wish(what);
    for (const entry of [...mail]) give(entry);
  };

  const read = (news: News): void => {
    if (news.do === 'life') {
      life = news;
      knows = true;
      // What this tab gave to its own socket before that had a name.
      for (const entry of mail) if (entry.since !== undefined) entry.client ??= news.client;
    }
    if (news.do === 'event' && (news.to ?? tab) !== tab) return;
    if (news.do === 'settled' && !mail.remove(news.id)) return;
    if (news.do === 'step') {
      // Nobody wanted it when this was said. For a tab that does by now it is a gap, if it has heard what came before.
      if (news.to.seq === undefined && !news.gap && wants.has(news.channel)) return;
      const verdict = log.judge(news);
      if (verdict === 'old') return;
      if (verdict === 'behind') return follow();
      return tell(log.take(news));
    }
    tell(news);
  };
  /** The leader has answered, with all that this tab has missed. */
  const welcomed = (news: readonly News[]): void => {
    const isBack = joined();
    become({ at: 'following', joined: true });
    // One that was joined already has missed nothing: it has only asked for other channels.
    for (const each of news) if (!isBack || each.do === 'channel') read(each);
    if (!isBack) handOver();
  };

  const lead = (): void => {
    term = nextTerm(term, now, tab);
    become({ at: 'leading', reign: createReign(tab, term, log, tell, read, () => life) });
    const cursors = [...log.cursors].map(([channel, place]) => ({ channel, ...place }));
    // One more attempt may have been dialled of which no tab was told. Safe: what is undefined counts as absent.
    const { client, conn = 0, subject, welcomed } = life ?? {};
    const continuation = life && ({ client, conn: conn + 1, cursors, subject, welcomed } as Continuation);
    tell({ do: 'lead', continuation });
    post({ term, news: [] });
    join();
    handOver();
  };
  const resign = (): void => {
    tell({ do: 'resign' });
    tell({ do: 'compete' });
    seek();
  };

  const heardLeader = ({ term: theirs, news, to }: LeaderWord): void => {
    for (const each of news) {
      // What the server did is true whoever tells it; whatever else an old leader says, a newer one may have written it.
      if (each.do === 'settled' && (theirs >= term || SAID_BY_SERVER.includes(each.outcome))) read(each);
    }
    if (role.at === 'asking' || role.at === 'away' || theirs < term) return;
    if (role.at === 'leading') resign();
    const isNew = theirs > term || role.at === 'seeking';
    term = theirs;
    // This counts also for a tab that has not joined, since it may be the next to lead.
    for (const each of news) if (each.do === 'life') life = each;
    if (isNew) attempts = 0;
    if (isNew) return follow();
    trust();
    if (to === tab) welcomed(news);
    else if (!to && joined()) news.forEach(read);
  };
  const heard = (said: Said): void => {
    const { from } = said;
    if ('term' in said || role.at !== 'following') heir = from;
    if ('term' in said) return heardLeader(said);
    const reign = role.at === 'leading' ? role.reign : undefined;
    switch (said.say) {
      case 'leave':
        mail.notWritten(said.unwritten);
        for (const entry of said.entries) {
          const inherited = mail.inherit(entry, said.heir === tab);
          if (inherited) give(inherited);
        }
        reign?.release(from);
        if (heir === from) heir = said.heir === tab ? undefined : said.heir;
        if (said.led && role.at === 'following') seek();
        return;
      case 'who':
        if (knows) post(joining());
        return;
      case 'join':
        if (role.at === 'asking' && said.life && said.last >= term) {
          ({ life, last: term } = said);
          for (const [channel, place] of said.cursors) log.moveTo(channel, place);
          lead();
        }
    }
    reign?.serve(said, from);
  };

  const back = (): void => {
    if (role.at !== 'away') return;
    tell({ do: 'arrive' });
    if (role.why !== 'called') return;
    become({ at: 'away' });
    toState({ status: 'idle' });
  };

  const inputs: { readonly [T in Input['type']]: (input: Extract<Input, { type: T }>) => void } = {
    enter() {
      become({ at: 'seeking' });
      join();
      tell({ do: 'compete' });
    },
    back,
    leave({ why, unwritten }) {
      if (role.at === 'away' && role.why === 'called') return;
      const led = role.at === 'leading';
      for (const entry of why === 'called' ? [...mail.own.values()] : []) {
        if (entry.since !== undefined) wish({ do: 'withdraw', id: entry.id });
        giveUp(entry, 'closed', why);
      }
      mail.notWritten(unwritten);
      // What this tab leaves may be written by the time that it comes back. What was taken back is nobody's to finish.
      const entries = [...mail].filter(({ withdrawn }) => !withdrawn).map((entry) => ({ ...entry }));
      if (role.at !== 'away') post({ say: 'leave', led, heir, entries, unwritten });
      for (const entry of mail) {
        if (heir === undefined && entry.since === undefined) continue;
        mayBeWritten(entry, now, life?.client ?? '');
        entry.left = true;
      }
      if (led) tell({ do: 'resign' });
      become({ at: 'away', why });
      tell({ do: 'part' });
      toState(why === 'called' ? { status: 'closed', reason: why } : { status: 'suspended', why });
    },
    locked({ alone }) {
      if (role.at === 'away' || role.at === 'leading') return;
      if (knows || alone) return lead();
      become({ at: 'asking' });
      post({ say: 'who' });
    },
    robbed() {
      if (role.at !== 'away') resign();
    },
    heard: ({ said }) => heard(said),
    gone({ tab: other }) {
      if (role.at === 'leading') role.reign.release(other);
    },
    alarm() {
      if (now < due) return;
      if (role.at === 'asking') return lead();
      // A tab whose alarm comes late was throttled, and may not have heard the leader either: it asks once more.
      if (asks < (now - due < LATE ? 1 : 2)) {
        asks++;
        due = now + patience / 2;
        if (joined()) post({ say: 'ask' });
        else join();
      } else {
        seek();
        due = now + patience;
        tell({ do: 'steal', attempt: `${term} ${++attempts}` });
      }
    },
    send({ entry, isAborted }) {
      const kept = mail.add({ ...entry, subject: life?.subject });
      if (isAborted) giveUp(entry, 'cancelled', 'aborted');
      else if (role.at === 'away' && role.why === 'called') giveUp(entry, 'closed', 'called');
      else if (kept) give(kept);
      else giveUp(entry, 'rejected', 'queue-full');
    },
    cancel({ id }) {
      const entry = mail.own.get(id);
      if (!entry) return;
      entry.withdrawn = true;
      if (entry.since !== undefined && joined()) wish({ do: 'withdraw', id });
      else giveUp(entry, 'cancelled', 'cancelled');
    },
    subscribe(change) {
      const { channel } = change;
      wants.change(change);
      tell({ do: 'channel', channel, state: { status: 'subscribing' } });
    },
    unsubscribe: wants.change,
    'task-over'() {},
    call({ call }) {
      back();
      if (joined()) wish({ do: 'call', call });
      else owed[0] = { do: 'call', call: 'connect' };
    },
    told({ news }) {
      if (role.at === 'leading') role.reign.publish(news);
    },
  };

  return {
    mail,
    life: () => life,
    nextDeadline: () => due,
    handle(input, surroundings) {
      commands = [];
      ({ now, random } = surroundings);
      if (wants.areDue(input.type)) join();
      // Safe: each handler takes the inputs of its own type.
      (inputs[input.type] as (input: Input) => void)(input);
      return commands;
    },
  };
};
