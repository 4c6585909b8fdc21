import { createAlarm } from '../alarm.js';
import { createEnvironment } from '../environment.js';
import type { Message, Outcome, ReliableSocket, SocketState } from '../index.js';
import { pageLifecycle } from '../lifecycle/page.js';
import { createListeners, type Listeners } from '../listeners.js';
import type { Deferred } from './deferred.js';
import { toError, unpack } from './errors.js';
import type { Absence, Command, Handlers, Input, TabCommand } from './io.js';
import { createLeader, type Leader } from './leader.js';
import { createPlace, type Place } from './place.js';
import { createSession, type Session } from './session.js';
import type { Fault, News } from './words.js';

/** Whom to tell how a message ended. */
interface Waiting {
  readonly settled: Deferred<Outcome>;
  readonly durable: Deferred<boolean>;
}

/** The thin shell around the session of one tab: it owns the place among the tabs, the alarm and, as leader, the socket. */
export interface Shell {
  readonly tab: string;
  readonly session: Session;
  readonly listeners: Listeners;
  /** Messages that have not ended, by id. */
  readonly waiting: Map<string, Waiting>;
  state(): SocketState;
  now(): number;
  run(input: Input): void;
  leave(why: Absence): void;
}

/** How many steps each tab keeps for tabs that are behind, and how many messages it may have under way. */
const BOUNDS = { keep: 1_000, maxMessages: 10_000 };

export const createShell = (factory: () => ReliableSocket<Message, Message>, name: string, patience: number): Shell => {
  const environment = createEnvironment();
  const tab = environment.instanceId();
  const session = createSession({ tab, patience, ...BOUNDS });
  const waiting = new Map<string, Waiting>();
  let state: SocketState = Object.freeze({ status: 'idle' });
  let place: Place | undefined;
  let leader: Leader | undefined;
  /** The commands that are being carried out; undefined when none are. */
  let commands: Command[] | undefined;
  let stopLifecycle: (() => void) | undefined;

  const run = (input: Input): void => {
    const now = environment.now();
    const decided = session.handle(input, { now, random: environment.random });
    if (commands) {
      for (const one of decided) commands.push(one);
      return;
    }
    commands = decided;
    // The list grows while it is worked off.
    for (const command of commands) {
      // Safe: each handler takes the commands of its own name, and no two have the same.
      for (const owner of [handlers, place, leader] as (Partial<Handlers<Command>> | undefined)[]) {
        (owner?.[command.do] as ((command: Command) => void) | undefined)?.(command);
      }
    }
    commands = undefined;
    // How tabs watch each other may well be slow in a page that nobody sees.
    alarm(session.nextDeadline(), now, false);
  };
  const alarm = createAlarm(environment, () => run({ type: 'alarm' }));

  const listeners = createListeners((type, channel) => {
    run({ type, channel });
    queueMicrotask(() => run({ type: 'task-over' }));
  });
  const { events } = listeners.ends;

  const leave = (why: Absence): void => run({ type: 'leave', why, unwritten: leader?.unwritten() ?? [] });
  const toState = (next: SocketState): void => {
    state = Object.freeze(next);
    events.emit('state', state);
    if (state.status !== 'closed' || state.error) return;
    listeners.end();
    stopLifecycle?.();
    stopLifecycle = undefined;
  };
  const handlers: Handlers<TabCommand | News> = {
    arrive() {
      place ??= createPlace(name, tab, run);
      stopLifecycle ??= pageLifecycle((signal) => {
        if (signal === 'freeze' || signal === 'pagehide') leave(signal);
        if ('resume pageshow visible'.includes(signal)) run({ type: 'back' });
      });
    },
    part() {
      place?.end();
      place = undefined;
    },
    step({ channel, message, gap, to }) {
      if (gap) listeners.tellGap(channel, gap);
      if (message) listeners.tellMessage(channel, message);
      events.emit('cursor', { channel, to });
    },
    // Safe: a state lost nothing on its way but the class of its error.
    life: (news) => toState(unpack(news.state) as SocketState),
    channel: listeners.tellState,
    settled({ do: _, id, ...ending }) {
      const { settled, durable } = waiting.get(id) ?? {};
      waiting.delete(id);
      durable?.resolve(false);
      settled?.resolve(unpack(ending));
    },
    durable: ({ id }) => waiting.get(id)?.durable.resolve(true),
    // Safe: an event is told under the name that it came with, and only errors travel as something else.
    event: ({ name, event }) => events.emit(name, (name === 'error' ? toError(event as Fault) : event) as never),
    lead({ continuation }) {
      try {
        leader = createLeader(factory(), continuation, (news) => run({ type: 'told', news }));
      } catch (cause) {
        listeners.tellError('bad-call', 'shareAcrossTabs: factory gave no new ReliableSocket', cause);
        // Another tab can only lead once this one has gone.
        leave('called');
      }
    },
    resign() {
      leader?.end();
      leader = undefined;
    },
    state: (command) => toState(command.state),
  };

  return {
    tab,
    session,
    listeners,
    waiting,
    state: () => state,
    now: environment.now,
    run,
    leave,
  };
};
