import type { ClientFrame } from '../../protocol/server-frames.js';
import { CloseCode } from '../errors.js';
import type { Cursor } from '../replay-log.js';
import { createAllowance } from './allowance.js';
import { createInbox } from './inbox.js';
import type { Command, Hello, Input, SessionOptions, TokenVerdict, Turn } from './io.js';
import { createLiveness } from './liveness.js';
import { createOutlet } from './outlet.js';
import { createStreams, type Place } from './streams.js';

/** What the surroundings say beside an input. */
export type Surroundings = Pick<Turn, 'now' | 'buffered'>;

/**
 * One connection of a server without I/O: `handle` takes one input and answers with commands to run in order,
 * `nextDeadline` says when it wants an `alarm`. It holds no clock, no timer and no socket, and calls nobody back.
 */
export interface Session {
  handle(input: Input, surroundings: Surroundings): readonly Command[];
  nextDeadline(): number;
}

/**
 * - `auth`: the client has to say who it is, or is being judged.
 * - `waiting`: an older connection of the client comes to its end, or the log is asked where the stream stands.
 * - `open`: frames are taken.
 * - `leaving`: nothing is read any more; what the handler has begun comes to its end.
 * - `closed`: the close frame is out, or the connection is gone.
 */
type Phase = 'auth' | 'waiting' | 'open' | 'leaving' | 'closed';

/** The peer has this long to answer our close, in ms. */
const CLOSING_TIMEOUT = 2_000;
/** A client that reads too slowly comes back within so many ms. */
const SLOW_READER = { retryAfter: 1_000, within: 4_000, reason: 'too-slow' };

export const createSession = (options: SessionOptions, now: number): Session => {
  const { protocol, limits } = options;
  let commands: Command[] = [];
  const turn: Turn = {
    now,
    buffered: 0,
    tell(command) {
      commands.push(command);
    },
  };
  const outlet = createOutlet(turn, protocol, limits);
  const streams = createStreams(turn, outlet);
  const inbox = createInbox(turn, outlet, options.concurrency, limits.bufferedBytes);
  const liveness = createLiveness(turn, options.heartbeat);
  const allowance = createAllowance(turn, limits.messagesPerSecond, limits.channels);

  let phase: Phase = 'auth';
  let hello: Hello = { client: undefined, conn: 0, cursor: undefined, token: undefined };
  let welcomed = false;
  let judging = false;
  let retired = false;
  let paused = false;
  let ended = false;
  let closeBy = Infinity;
  let admitBy = now + limits.unauthenticated;
  let principal: string | undefined;
  let tokenEndsAt = Infinity;
  /** Frames that came before this connection was open. */
  let early: { readonly frame: ClientFrame; readonly bytes: number }[] = [];
  let earlyBytes = 0;
  /** Of an `auth` frame on a live link that is being judged. */
  let authId: string | undefined;
  /** Set while an older connection of the client, named by a `subscribe`, comes to its end. */
  let afterTakeover: (() => void) | undefined;

  const close = (code: number, reason: string): void => {
    if (phase === 'closed') return;
    phase = 'closed';
    closeBy = turn.now + CLOSING_TIMEOUT;
    early = [];
    streams.leaveAll();
    turn.tell({ do: 'close', code, reason });
  };
  const cutOff = (): void => {
    if (welcomed) outlet.last({ kind: 'goaway', ...SLOW_READER });
    close(CloseCode.tryLater, 'too slow');
  };
  const isName = (name: string | undefined): boolean => (name?.length ?? 0) <= limits.nameLength;
  /** An epoch that is too long to be one of ours is another one, and nothing more. */
  const cursorOf = (seq: number | undefined, epoch: string | undefined): Cursor | undefined =>
    seq === undefined ? undefined : { seq, epoch: isName(epoch) ? epoch : '' };

  const open = (): void => {
    phase = 'open';
    admitBy = Infinity;
    const frames = early;
    early = [];
    earlyBytes = 0;
    for (const { frame, bytes } of frames) take(frame, bytes);
  };
  const welcome = (place?: Place): void => {
    welcomed = true;
    const rate = limits.messagesPerSecond < Infinity && { rate: limits.messagesPerSecond };
    outlet.frame({ kind: 'welcome', v: 1, ...place, heartbeat: options.heartbeat, ids: options.ids, ...rate });
    open();
  };
  const takeOver = (client: string | undefined, conn: number, then: () => void): void => {
    phase = 'waiting';
    // From here on it waits for us, not for the client.
    admitBy = Infinity;
    afterTakeover = then;
    turn.tell({ do: 'take-over', client, conn });
  };
  const admit = (): void => {
    if (options.resumeByMessage) welcome();
    else takeOver(hello.client, hello.conn, () => streams.begin(hello.cursor, welcome));
  };
  const judged = (verdict: TokenVerdict): void => {
    judging = false;
    if (phase === 'closed' || phase === 'leaving') return;
    if (verdict === 'failed') return close(CloseCode.tryLater, 'try again later');
    if (verdict === 'forbidden') return close(CloseCode.forbidden, 'forbidden');
    const again = phase !== 'auth';
    if (verdict === 'unauthorized') {
      if (!again || authId === undefined) return close(CloseCode.unauthorized, 'token refused');
      return outlet.frame({ kind: 'nack', messageId: authId, code: 'unauthorized', message: 'token refused' });
    }
    if (again && verdict.principal !== principal) return close(CloseCode.unauthorized, 'the token is of somebody else');
    principal = verdict.principal;
    tokenEndsAt = verdict.expiresAt ?? Infinity;
    if (!again) return admit();
    if (authId !== undefined) outlet.frame({ kind: 'ack', messageId: authId });
  };
  const judge = (token: string | undefined): void => {
    judging = true;
    turn.tell({ do: 'authenticate', token });
  };

  const subscribe = (frame: Extract<ClientFrame, { kind: 'subscribe' }>): void => {
    const { channel, ref = 0 } = frame;
    const cursor = cursorOf(frame.lastSeq, frame.epoch);
    const at = channel === undefined ? {} : { channel };
    const told = {
      announce: (place: Place) => outlet.frame({ kind: 'subscribed', ...at, ref, ...place }),
      refuse: (refusal: { code: string; message: string }) =>
        outlet.frame({ kind: 'unsubscribed', ...at, ref, ...refusal }),
    };
    if (channel === undefined) {
      if (!options.resumeByMessage || streams.has(undefined)) return;
      const client = isName(frame.client) ? frame.client : undefined;
      return takeOver(client, frame.conn ?? 0, () => {
        open();
        streams.begin(cursor, told.announce);
      });
    }
    if (!isName(channel)) {
      return told.refuse({ code: 'bad-channel', message: `wanted at most ${limits.nameLength} characters` });
    }
    if (streams.channels() >= limits.channels && !streams.has(channel)) {
      return told.refuse({ code: 'too-many-channels', message: `wanted at most ${limits.channels} channels` });
    }
    streams.ask(channel, cursor, told);
  };
  const message = (frame: Extract<ClientFrame, { kind: 'message' }>, bytes: number): void => {
    const { message, channel, messageId } = frame;
    if (!isName(channel) || !isName(messageId)) return close(CloseCode.badFrame, 'a name is too long');
    inbox.add({ message, channel, messageId, bytes }, channel === undefined || streams.has(channel));
  };
  const authFrame = ({ token, messageId }: Extract<ClientFrame, { kind: 'auth' }>): void => {
    if (judging) return;
    authId = isName(messageId) ? messageId : undefined;
    if (options.guarded) judge(token);
    else if (phase === 'auth') admit();
    else if (authId !== undefined) outlet.frame({ kind: 'ack', messageId: authId });
  };
  const take = (frame: ClientFrame, bytes: number): void => {
    if (frame.kind === 'ping') outlet.frame({ kind: 'pong', ...(frame.t !== undefined && { t: frame.t }) });
    else if (frame.kind === 'pong' || frame.kind === 'ignored') return;
    else if (frame.kind === 'auth') authFrame(frame);
    else if (phase === 'auth' && options.authByMessage && !judging) close(CloseCode.unauthorized, 'auth comes first');
    else if (phase !== 'open') {
      early.push({ frame, bytes });
      earlyBytes += bytes;
    } else if (frame.kind === 'subscribe') subscribe(frame);
    else if (frame.kind === 'message') message(frame, bytes);
    else if (frame.kind === 'unsubscribe' && frame.channel !== undefined) streams.leave(frame.channel);
  };
  const read = (text: string | undefined, bytes: number): void => {
    if (phase === 'closed' || phase === 'leaving') return;
    liveness.heard();
    if (bytes > limits.frameBytes) return close(CloseCode.tooBig, 'the frame is too big');
    if (!allowance.take()) return close(CloseCode.tooMany, 'too many messages');
    let frame: ClientFrame;
    try {
      if (text === undefined) throw new TypeError('not a text frame');
      frame = protocol.decode(text);
    } catch {
      return close(CloseCode.badFrame, 'not a frame');
    }
    take(frame, bytes);
  };
  const retire = (): void => {
    retired = true;
    inbox.discard();
    early = [];
    streams.leaveAll();
    if (phase !== 'closed') phase = 'leaving';
  };

  const handlers: { readonly [T in Exclude<Input['type'], 'live'>]: (input: Extract<Input, { type: T }>) => void } = {
    opened(input) {
      const { client, cursor } = input.hello;
      hello = {
        ...input.hello,
        client: isName(client) ? client : undefined,
        cursor: cursorOf(cursor?.seq, cursor?.epoch),
      };
      if (options.authByMessage) return;
      if (options.guarded) judge(hello.token);
      else admit();
    },
    frame: ({ text, bytes }) => read(text, bytes),
    judged: ({ verdict }) => judged(verdict),
    'taken-over'({ won }) {
      if (phase !== 'waiting') return;
      if (won) afterTakeover?.();
      else close(CloseCode.replaced, 'a newer connection is there');
    },
    authorized: ({ ticket, verdict }) => streams.authorized(ticket, verdict),
    slice({ ticket, slice }) {
      if (phase !== 'closed') streams.slice(ticket, slice);
    },
    missed: ({ channel }) => streams.missed(channel),
    answered: ({ messageId, answer }) => inbox.answered(messageId, answer),
    revoke({ channel, refusal }) {
      if (!streams.has(channel)) return;
      streams.leave(channel);
      outlet.frame({ kind: 'unsubscribed', channel, ...refusal });
    },
    goaway({ goaway }) {
      // Nothing goes before `welcome`.
      if (!welcomed) close(CloseCode.restart, goaway.reason);
      else if (phase !== 'closed') outlet.frame({ kind: 'goaway', ...goaway });
    },
    close: ({ code, reason }) => close(code, reason),
    flushed() {
      if (outlet.flushed() && phase !== 'closed') streams.resume();
    },
    retire,
    closed() {
      phase = 'closed';
      closeBy = Infinity;
      streams.leaveAll();
    },
    alarm() {
      if (turn.now >= closeBy) {
        closeBy = Infinity;
        turn.tell({ do: 'terminate' });
      }
      if (phase === 'closed') return;
      if (turn.now >= admitBy) {
        // Our own hook may be the slow one.
        if (judging) return close(CloseCode.tryLater, 'try again later');
        return close(CloseCode.unauthorized, 'no token came in time');
      }
      if (turn.now >= tokenEndsAt) return close(CloseCode.unauthorized, 'the token has expired');
      const beat = liveness.check();
      if (beat === 'ping') outlet.frame({ kind: 'ping' });
      else if (beat === 'dead') turn.tell({ do: 'terminate' });
    },
  };

  /** What follows from any input. */
  const settle = (): void => {
    if (phase !== 'closed' && outlet.isStuck()) cutOff();
    if (retired && inbox.isIdle()) close(CloseCode.replaced, 'taken over');
    const full = inbox.isFull() || earlyBytes >= limits.bufferedBytes;
    if (full !== paused && phase !== 'closed') {
      paused = full;
      turn.tell({ do: full ? 'pause' : 'resume' });
    }
    if (phase === 'closed' && inbox.isIdle() && !ended) {
      ended = true;
      turn.tell({ do: 'ended' });
    }
  };

  return {
    nextDeadline() {
      if (phase === 'closed') return closeBy;
      return Math.min(closeBy, admitBy, tokenEndsAt, liveness.due(), outlet.due());
    },
    handle(input, surroundings) {
      commands = [];
      turn.now = surroundings.now;
      turn.buffered = surroundings.buffered;
      if (input.type === 'live') {
        // By far the most frequent, and of all that may follow only this does.
        streams.live(input.channel, input.live);
        if (phase !== 'closed' && outlet.isStuck()) cutOff();
        return commands;
      }
      // Safe: each handler takes the inputs of its own type.
      (handlers[input.type] as (input: Input) => void)(input);
      settle();
      return commands;
    },
  };
};
