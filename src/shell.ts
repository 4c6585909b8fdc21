import { createAlarm } from './alarm.js';
import { check, checkSeq } from './checks.js';
import { checkContinuation } from './continuation.js';
import type { CloseInfo, CloseVerdict, Command, Cursor, Input } from './core/io.js';
import { createSession, type Session } from './core/session.js';
import { UNTOLD } from './core/traffic.js';
import { createDurability, type Durability, type Restorer } from './durability.js';
import { OutboundEntry } from './entry.js';
import type { Environment } from './environment.js';
import { ReliableSocketError } from './errors.js';
import { pageLifecycle } from './lifecycle/page.js';
import { createListeners, type Listeners } from './listeners.js';
import type { ReliableSocketOptions, ResolvedOptions, UrlProvider } from './options.js';
import type { Message } from './protocol/frames.js';
import { createProviders } from './providers.js';
import { validate } from './schema.js';
import type { SocketEvents, SocketState } from './socket-types.js';
import { createTransport, type Transport } from './transport.js';

/** The thin shell around the session. It owns the socket, the alarm and the hooks, and decides nothing. */
export interface Shell {
  readonly session: Session;
  readonly durability: Durability;
  readonly transport: Transport;
  readonly listeners: Listeners;
  /** For `stats()`. */
  readonly counts: { opened: number; lastClose: CloseInfo | undefined };
  state(): SocketState;
  /** Decides at once, also for what a listener calls; the commands wait their turn. */
  run(input: Input, now?: number): void;
  /** Connects a lazy socket, now that it is needed; does nothing for another one. */
  wake(): void;
  /** Connects, and ends the wait for the end of the conversation before: that one is over. */
  revive(type: 'connect' | 'reconnect'): void;
  /** Calls back once there is room for more. */
  whenReady(call: () => void): void;
  /** Calls back once the conversation has ended, or another one begins. */
  whenOver(call: () => void): void;
}

/** ms by which a deadline may be overdue before any input acts in the place of its alarm. */
const LATE = 1_000;

type Handlers = { readonly [Do in Command['do']]: (command: Extract<Command, { do: Do }>) => void } & {
  cursor(step: SocketEvents['cursor']): void;
};

/**
 * Turns calls and events into inputs, and carries out the commands, in order and one at a time. Its first act is in a
 * microtask.
 */
export const createShell = <In extends Message, Out extends Message>(
  url: UrlProvider,
  options: ReliableSocketOptions<In, Out>,
  resolved: ResolvedOptions,
  environment: Environment,
): Shell => {
  const { lifecycle = pageLifecycle, onClose, onGap, schema } = options;
  const counts: Shell['counts'] = { opened: 0, lastClose: undefined };
  const whenReady: (() => void)[] = [];
  const whenOver: (() => void)[] = [];
  let state: SocketState = Object.freeze({ status: 'idle' });
  /** The commands that are being carried out; undefined when none are. */
  let commands: Command[] | undefined;
  let stopLifecycle: (() => void) | undefined;

  const surroundings = { now: 0, random: environment.random, bufferedAmount: 0 };

  const run = (input: Input, now: number = environment.now()): void => {
    surroundings.now = now;
    surroundings.bufferedAmount = transport.bufferedAmount();
    const decided = session.handle(input, surroundings);
    if (commands) {
      // One by one: as arguments of one call, the commands that end a full queue are more than the stack takes.
      for (const command of decided) commands.push(command);
      return;
    }
    commands = decided;
    // The list grows while it is worked off.
    for (const command of commands) {
      // Safe: each handler takes the commands of its own name.
      (handlers[command.do] as (command: Command) => void)(command);
    }
    commands = undefined;
    const next = session.nextDeadline();
    // Timers come late in a hidden page and after a sleep; whatever else comes looks after what is overdue.
    if (next + LATE < surroundings.now && input.type !== 'alarm') run({ type: 'alarm' });
    else alarm(next, surroundings.now, input.type === 'frame');
  };

  const wake = (): void => {
    if (resolved.lazy && state.status === 'idle') run({ type: 'connect' });
  };
  const listeners = createListeners((type, channel) => {
    run({ type, channel });
    wake();
  });
  const { tellError, onThrow } = listeners;
  const { events } = listeners.ends;
  const callAll = (waiting: (() => void)[]): void => {
    for (const call of waiting.splice(0)) call();
  };
  /** Calls code of the user's, which may throw and must not stop what goes on here. */
  const guard = <T>(call: () => T): T | undefined => {
    try {
      return call();
    } catch (error) {
      onThrow(error);
      return undefined;
    }
  };

  const session = createSession(resolved.session);
  const restorer: Restorer = {
    restore({ id, message, channel, createdAt: now, subject }) {
      const maker = { protocol: resolved.session.protocol, newId: () => id };
      const entry = new OutboundEntry(maker, id, message, channel, resolved.policyOf(message.type), now);
      entry.durable = true;
      // It may have been written in that life, so it must not end as one that certainly was not.
      entry.firstWrittenAt = now;
      run({ type: 'restore', entry, subject });
    },
    adopt(continuation) {
      checkContinuation(continuation);
      session.adopt(continuation, true);
    },
    place: session.continuation,
    subject: session.subject,
  };
  const durability = createDurability(options.store, restorer, tellError);
  const providers = createProviders(url, options.token, run, tellError);
  const transport = createTransport(run, (info) =>
    guard((): CloseVerdict => {
      const verdict = onClose?.(info) ?? undefined;
      if (typeof verdict === 'object') check('onClose: retryAfter', verdict.retryAfter, 0);
      else check('onClose', verdict, ['retry', 'refresh-token', 'stop', 'undefined']);
      return verdict;
    }),
  );
  const alarm = createAlarm(environment, () => run({ type: 'alarm' }));

  const handlers: Handlers = {
    deliver(step) {
      const { channel, message, numbered } = step;
      if (state.status === 'closed') return;
      try {
        const checked = schema ? validate(schema, message) : message;
        listeners.tellMessage(channel, checked);
      } catch (cause) {
        tellError('invalid-message', `read "${message.type}": ${(cause as Error | null)?.message}`, cause);
      }
      if (numbered) session.passed(step);
      handlers.cursor(step);
    },
    async gap(step) {
      const { channel, gap, ask } = step;
      Object.freeze(gap);
      listeners.tellGap(channel, gap);
      session.passed(step);
      handlers.cursor(step);
      if (!ask) return;
      let cursor: Cursor | undefined;
      try {
        const snapshot = (await onGap?.(gap)) ?? undefined;
        if (snapshot) checkSeq('onGap: seq', snapshot.seq);
        cursor = snapshot;
      } catch (cause) {
        tellError('gap-handler-failed', `onGap (${gap.reason}): it failed`, cause);
      }
      run({ type: 'filled', channel, cursor });
    },
    // A step holds more than where the stream stands, and that is not for listeners.
    cursor: ({ channel, to }) => events.emit('cursor', { channel, to }),
    write: transport.write,
    settle({ entry, ending }) {
      durability.settled(entry);
      entry.resolve?.(ending);
    },
    undelivered({ entry: { id, message, channel }, ending: { outcome, reason } }) {
      events.emit('undelivered', { id, message, channel, outcome, reason });
    },
    state({ state: next, text }) {
      const error =
        next.status === 'closed' && next.reason !== 'called' ? new ReliableSocketError(next.reason, text) : undefined;
      state = error ? Object.freeze({ ...next, error }) : next;
      // The page is listened to as long as there is a conversation.
      if (next.status === 'closed') {
        guard(() => stopLifecycle?.());
        stopLifecycle = undefined;
        callAll(whenOver);
      } else if (lifecycle) {
        stopLifecycle ??= guard(() => lifecycle((signal) => run({ type: 'signal', signal }))) ?? (() => {});
      }
      events.emit('state', state);
      if (error) events.emit('error', error);
      else if (next.status === 'closed') {
        listeners.end();
        durability.end();
      }
    },
    open({ resumed, attempt }) {
      counts.opened++;
      events.emit('open', { resumed, attempt });
    },
    'close-event'({ info, cause }) {
      counts.lastClose = info;
      events.emit('close', { ...info, cause });
    },
    'ask-token': providers.askToken,
    'abort-token': providers.abortToken,
    // What the store knows of an earlier life comes first, and may change the number of this attempt.
    'ask-url': () => durability.ready(() => providers.askUrl(session.continuation().conn)),
    dial({ url, protocols }) {
      const WebSocket = options.WebSocket ?? environment.webSocket();
      if (!WebSocket) return run({ type: 'no-websocket' });
      try {
        transport.dial(WebSocket, url, protocols);
      } catch (error) {
        // The cause is not passed on: its text may hold the url, and the url a token.
        tellError('connect-failed', `connect: the WebSocket class threw ${(error as Error | null)?.name}`);
        run({ type: 'closed', info: UNTOLD });
      }
    },
    'hang-up': transport.hangUp,
    abandon: transport.abandon,
    ready() {
      callAll(whenReady);
    },
    channel: listeners.tellState,
    error: ({ code, text, cause }) => tellError(code, text, cause),
  };

  Promise.resolve().then(() => {
    // It may have been closed at once, and then the store is not needed.
    if (state.status === 'closed') return;
    durability.ready();
    if (state.status === 'idle' && !resolved.lazy) run({ type: 'connect' });
  });
  return {
    session,
    durability,
    transport,
    listeners,
    counts,
    state: () => state,
    run,
    wake,
    revive(type) {
      run({ type });
      callAll(whenOver);
    },
    whenReady(call) {
      whenReady.push(call);
      run({ type: 'watch-ready' });
    },
    whenOver(call) {
      whenOver.push(call);
    },
  };
};
