import type { HeadFrame, MessageFrame, OutboundFrame, UnsubscribedFrame } from '../protocol/frames.js';
import { type Backoff, backoffDelay } from './backoff.js';
import { createChannels } from './channels.js';
import type { Continuation, Cursor, NamedCursor, Passage, Place, Turn } from './io.js';
import { createStream, type Stream } from './resume.js';

export interface ResumeOptions {
  readonly via: 'url' | 'message';
  readonly param: string;
  readonly from: Cursor | undefined;
  readonly contiguous: boolean;
  readonly identity: boolean;
}

export interface InboundOptions {
  readonly resume: ResumeOptions | false;
  readonly asksForGaps: boolean;
  readonly clientId: string;
  readonly queue: { readonly maxMessages: number };
}

/** All that comes in: the default stream, one stream per channel, and the subscriptions that keep them fed. */
export interface Inbound {
  /** Where each stream stands, and who this client is to the server. */
  continuation(): Pick<Continuation, 'client' | 'cursors'>;
  /** Before the first connection: goes on where another instance stood. */
  adopt(continuation: Continuation): void;
  /** True if a connection made now is asked to continue from somewhere. */
  resumes(): boolean;
  /** Since when frames wait for an answer that may never come; Infinity if none wait. */
  waitsSince(): number;
  resubscribeAt(): number;
  /** A socket is being made: the parameters that say where to continue. Frames of older sockets count no more. */
  dialled(conn: number): Record<string, string | number | undefined>;
  /**
   * Writes the first frames of a connection: all subscriptions in one go. True if a pong has to tell whether the server
   * kept its numbers.
   */
  open(conn: number): boolean;
  subscribe(name: string): void;
  unsubscribe(name: string): void;
  /** Asks again for what was refused with `retry`. */
  resubscribe(): void;
  message(frame: MessageFrame): void;
  welcome(frame: HeadFrame): void;
  reset(frame: HeadFrame & { readonly reason?: string }): void;
  /** True if a pong has to tell whether the server kept its numbers. */
  subscribed(frame: HeadFrame & { readonly ref?: number }): boolean;
  unsubscribed(frame: UnsubscribedFrame): void;
  /**
   * A pong answered what was written after open. With `until` no answer comes any more, and what has waited since then
   * (ms), or longer, goes on without.
   */
  judge(until?: number): void;
  passed(step: Passage): void;
  filled(gap: { readonly channel: string | undefined; readonly cursor: Cursor | undefined }): void;
  forget(): void;
  linkLost(): void;
}

/** The pauses before a channel that was refused with `retry: true` is asked for again. */
const RESUBSCRIBE: Backoff = { base: 1_000, factor: 2, max: 30_000, jitter: 'full' };

export const createInbound = (
  turn: Turn,
  { resume, asksForGaps, clientId, queue }: InboundOptions,
  write: (frame: OutboundFrame) => void,
): Inbound => {
  const streamOptions = { contiguous: resume ? resume.contiguous : false, asksForGaps, maxWaiting: queue.maxMessages };
  const main = createStream(turn, undefined, streamOptions, resume ? resume.from : undefined);
  const streams = new Map<string | undefined, Stream>([[undefined, main]]);
  const channels = createChannels();
  /** Cursors of an earlier instance, for channels that are not subscribed here yet. */
  const inherited = new Map<string | undefined, Cursor>();
  /** How often in a row a channel was refused. */
  const refusals = new Map<string, number>();
  const viaMessage = resume && resume.via === 'message';
  const identifies = resume ? resume.identity : false;
  /** Streams that may wait for an answer, and since when (ms), the longest waiting first. */
  const unsettled = new Map<Stream, number>();
  let linked = false;
  let client = clientId;

  const position = (stream: Stream): { lastSeq?: number; epoch?: string } => {
    const { seq, epoch } = stream.cursor();
    if (!resume || seq === undefined) return {};
    return { lastSeq: seq, ...(epoch !== undefined && { epoch }) };
  };
  const identity = (conn: number): { client?: string; conn?: number } => (identifies ? { client, conn } : {});
  const tellState = (channel: string, over = false): void =>
    turn.tell({ do: 'channel', channel, state: channels.state(channel), over });
  /** Where nobody subscribed to it, the field `channel` is the application's own. */
  const streamOf = (channel: string | undefined): Stream => streams.get(channel) ?? main;
  const watch = (stream: Stream): void => {
    unsettled.delete(stream);
    unsettled.set(stream, turn.now);
  };
  const ask = (channel: string): void => {
    const stream = streamOf(channel);
    stream.open(true);
    watch(stream);
    write({ kind: 'subscribe', channel, ref: channels.ask(channel), ...position(stream) });
    tellState(channel);
  };

  const inbound: Inbound = {
    continuation() {
      const cursors: NamedCursor[] = [];
      const note = (channel: string | undefined, { seq, epoch }: Partial<Place>): void => {
        if (seq === undefined) return;
        cursors.push({ ...(channel !== undefined && { channel }), seq, ...(epoch !== undefined && { epoch }) });
      };
      for (const [name, stream] of streams) note(name, stream.cursor());
      for (const [name, cursor] of inherited) note(name, cursor);
      return { client, cursors };
    },
    adopt(continuation) {
      client = continuation.client;
      if (!resume) return;
      for (const { channel, ...cursor } of continuation.cursors) {
        const stream = streams.get(channel);
        if (stream) stream.passed({ epoch: undefined, ...cursor });
        else inherited.set(channel, cursor);
      }
    },
    resumes: () => [...streams.values()].some((stream) => stream.cursor().seq !== undefined),
    waitsSince() {
      for (const [stream, since] of unsettled) {
        if (stream.waits()) return since;
        unsettled.delete(stream);
      }
      return Infinity;
    },
    // Most apps are refused nothing, and then there is no need to look through thousands of channels.
    resubscribeAt: () => (refusals.size ? channels.retryAt() : Infinity),
    dialled(conn) {
      main.open(viaMessage);
      if (!resume || viaMessage) return {};
      const { lastSeq, epoch } = position(main);
      return { [resume.param]: lastSeq, epoch, ...identity(conn) };
    },
    open(conn) {
      linked = true;
      // From now on an answer can come: the handshake may have taken longer than the wait for one.
      watch(main);
      if (viaMessage) write({ kind: 'subscribe', ref: 0, ...position(main), ...identity(conn) });
      inbound.resubscribe();
      return main.doubts();
    },
    subscribe(name) {
      channels.want(name);
      streams.set(name, createStream(turn, name, streamOptions, inherited.get(name)));
      inherited.delete(name);
      if (linked) ask(name);
      else tellState(name);
    },
    unsubscribe(name) {
      streams.get(name)?.close();
      streams.delete(name);
      if (channels.leave(name, linked)) write({ kind: 'unsubscribe', channel: name });
    },
    resubscribe() {
      for (const name of channels.wanted(turn.now)) ask(name);
    },
    message({ message, seq, channel = '' }) {
      if (channels.isLeft(channel)) return;
      // Here and not in the protocol alone: one of the application's own may hand on a `null` of its server.
      const counts = resume && Number.isSafeInteger(seq) && Number(seq) >= 0;
      streamOf(channel).accept(message, counts ? seq : undefined);
    },
    welcome(frame) {
      // With `via: 'message'` the server does not know the cursor yet; `subscribed` will say where the stream stands.
      if (resume && !viaMessage) main.moveTo(frame);
    },
    reset(frame) {
      if (resume) streams.get(frame.channel)?.moveTo(frame, frame.reason ?? 'reset');
    },
    subscribed(frame) {
      const { channel } = frame;
      if (channel === undefined && !viaMessage) return false;
      if (channel !== undefined) {
        if (!channels.answered(channel, frame.ref)) return false;
        refusals.delete(channel);
        tellState(channel);
      }
      const stream = streamOf(channel);
      if (resume) stream.moveTo(frame);
      else stream.judge(true);
      watch(stream);
      return stream.doubts();
    },
    unsubscribed({ channel = '', ref, code, message, retry }) {
      const times = refusals.get(channel) ?? 0;
      const drawn = backoffDelay(RESUBSCRIBE, times, turn.random());
      const pause = retry === true || retry === 0 ? drawn : retry || Infinity;
      if (!channels.refused(channel, ref, { status: 'refused', code, message }, turn.now + pause)) return;
      refusals.set(channel, times + 1);
      streams.get(channel)?.close();
      tellState(channel, pause === Infinity);
    },
    judge(until) {
      for (const [stream, since] of unsettled) {
        if (since <= (until ?? Infinity)) stream.judge(until !== undefined);
      }
    },
    passed({ channel, to }) {
      streams.get(channel)?.passed(to);
    },
    filled({ channel, cursor }) {
      streams.get(channel)?.filled(cursor);
    },
    forget() {
      inherited.clear();
      for (const stream of streams.values()) stream.forget();
    },
    linkLost() {
      linked = false;
      for (const stream of streams.values()) stream.close();
      for (const name of channels.linkLost()) tellState(name);
    },
  };
  return inbound;
};
