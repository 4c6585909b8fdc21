import type { HeadFrame, MessageFrame, OutboundFrame, UnsubscribedFrame } from '../protocol/frames.js';
import { Channels } from './channels.js';
import type { Cursor, Passage, Turn } from './io.js';
import { Stream, type StreamOptions } from './resume.js';

export interface ResumeOptions {
  readonly via: 'url' | 'message';
  readonly param: string;
  readonly from: Cursor | undefined;
  readonly contiguous: boolean;
  readonly identity: boolean;
}

interface InboundOptions {
  readonly resume: ResumeOptions | false;
  readonly asksForGaps: boolean;
  readonly maxWaiting: number;
}

/** ms after which a channel that was refused with `retry: true` is asked for again. */
const RESUBSCRIBE_AFTER = 5_000;

type Subscribe = Extract<OutboundFrame, { kind: 'subscribe' }>;

/** All that comes in: the default stream, one stream per channel, and the subscriptions that keep them fed. */
export class Inbound {
  readonly #resume: ResumeOptions | false;
  readonly #streamOptions: StreamOptions;
  readonly #default: Stream;
  readonly #streams: Map<string, Stream> = new Map();
  readonly #channels: Channels = new Channels();
  /** When which refused channels are asked for again. */
  readonly #retryAt: Map<string, number> = new Map();
  #linked = false;

  constructor({ resume, asksForGaps, maxWaiting }: InboundOptions) {
    this.#resume = resume;
    this.#streamOptions = { contiguous: resume ? resume.contiguous : false, asksForGaps, maxWaiting };
    this.#default = new Stream(undefined, this.#streamOptions, resume ? resume.from : undefined);
  }

  get cursor(): { readonly seq: number | undefined; readonly epoch: string | undefined } {
    return this.#default.cursor;
  }

  /** True if this connection will be asked to continue from somewhere. */
  get resumes(): boolean {
    return this.#all().some((stream) => stream.cursor.seq !== undefined);
  }

  get resubscribeAt(): number {
    return Math.min(Infinity, ...this.#retryAt.values());
  }

  /** True if frames wait for an answer that may never come. */
  get waits(): boolean {
    return this.#all().some((stream) => stream.waits);
  }

  /** True if a pong has to tell whether the server kept its numbers. */
  get doubts(): boolean {
    return this.#all().some((stream) => stream.waits && stream.doubts);
  }

  /** The connection is made: frames of older ones count no more, and each stream takes its cursor for the start. */
  dialled(): void {
    this.#default.open(this.#subscribesDefault);
  }

  /** `welcome` tells where the default stream stands, unless `subscribed` does. */
  welcome(frame: HeadFrame, turn: Turn): void {
    if (!this.#subscribesDefault) this.moveTo(frame, turn);
  }

  /** The first frames of a connection: all subscriptions in one go. */
  open(client: string, conn: number): Subscribe[] {
    this.#linked = true;
    const frames: Subscribe[] = [];
    if (this.#resume && this.#subscribesDefault) {
      const ref = this.#channels.nextRef();
      const identity = this.#resume.identity ? { client, conn } : {};
      frames.push({ kind: 'subscribe', ref, ...this.#position(this.#default), ...identity });
    }
    for (const name of this.#channels.wanted()) frames.push(this.#ask(name));
    return frames;
  }

  subscribe(name: string): Subscribe | undefined {
    this.#channels.want(name);
    // A handle that comes back continues; one that is new wants what comes from now on.
    if (!this.#streams.has(name)) this.#streams.set(name, new Stream(name, this.#streamOptions));
    return this.#linked ? this.#ask(name) : undefined;
  }

  /** True if the server has to be told. */
  unsubscribe(name: string): boolean {
    this.#streams.delete(name);
    this.#retryAt.delete(name);
    return this.#channels.leave(name, this.#linked);
  }

  resubscribe(now: number): Subscribe[] {
    const frames: Subscribe[] = [];
    for (const [name, at] of this.#retryAt) {
      if (at > now || !this.#linked) continue;
      this.#retryAt.delete(name);
      frames.push(this.#ask(name));
    }
    return frames;
  }

  message(frame: MessageFrame, turn: Turn): void {
    const owned = this.#channels.owns(frame.channel);
    if (owned === 'left') return;
    const stream = (owned === 'yes' && this.#streams.get(frame.channel ?? '')) || this.#default;
    stream.accept(frame.message, this.#resume ? frame.seq : undefined, this.#passages(turn));
  }

  moveTo(frame: HeadFrame, turn: Turn, reset?: string): void {
    const stream = frame.channel === undefined ? this.#default : this.#streams.get(frame.channel);
    if (this.#resume) stream?.moveTo(frame, this.#passages(turn), reset);
  }

  subscribed(frame: HeadFrame & { readonly ref?: number }, turn: Turn): void {
    const { channel } = frame;
    if (channel === undefined) {
      this.moveTo(frame, turn);
    } else if (this.#channels.answered(channel, frame.ref)) {
      this.#tell(channel, turn);
      const stream = this.#streams.get(channel);
      if (this.#resume) stream?.moveTo(frame, this.#passages(turn));
      else stream?.judge(this.#passages(turn), true);
    }
  }

  unsubscribed({ channel = '', ref, code, message, retry }: UnsubscribedFrame, turn: Turn): void {
    if (!this.#channels.refused(channel, ref, { status: 'refused', code, message })) return;
    this.#streams.get(channel)?.close();
    if (retry) this.#retryAt.set(channel, turn.now + (retry === true ? RESUBSCRIBE_AFTER : retry));
    this.#tell(channel, turn);
  }

  /** A pong answered what was written after open; or, `late`, no answer came in time. */
  judge(turn: Turn, late: boolean): void {
    for (const stream of this.#all()) stream.judge(this.#passages(turn), late);
  }

  passed(step: Passage): void {
    this.#stream(step.channel)?.passed(step);
  }

  filled(channel: string | undefined, cursor: Cursor | undefined, turn: Turn): void {
    this.#stream(channel)?.filled(cursor, this.#passages(turn));
  }

  forget(turn: Turn): void {
    for (const stream of this.#all()) stream.forget(this.#passages(turn));
  }

  linkLost(turn: Turn): void {
    this.#linked = false;
    for (const stream of this.#all()) stream.close();
    const before = [...this.#streams.keys()].filter((name) => this.#channels.state(name).status === 'subscribed');
    this.#channels.linkLost();
    for (const name of this.#retryAt.keys()) this.#channels.want(name);
    this.#retryAt.clear();
    for (const name of before) this.#tell(name, turn);
  }

  /** What the query of the url says, so that the server can resume and let the newer connection take over. */
  urlParams(client: string, conn: number): Record<string, string | number | undefined> {
    const resume = this.#resume;
    if (!resume || resume.via === 'message') return {};
    const { lastSeq, epoch } = this.#position(this.#default);
    return { [resume.param]: lastSeq, epoch, ...(resume.identity && { client, conn }) };
  }

  get #subscribesDefault(): boolean {
    return this.#resume !== false && this.#resume.via === 'message';
  }

  #ask(name: string): Subscribe {
    const stream = this.#streams.get(name);
    stream?.open(true);
    return { kind: 'subscribe', channel: name, ref: this.#channels.ask(name), ...(stream && this.#position(stream)) };
  }

  #position({ cursor: { seq, epoch } }: Stream): { lastSeq?: number; epoch?: string } {
    if (!this.#resume || seq === undefined) return {};
    return { lastSeq: seq, ...(epoch !== undefined && { epoch }) };
  }

  #stream(channel: string | undefined): Stream | undefined {
    return channel === undefined ? this.#default : this.#streams.get(channel);
  }

  #all(): Stream[] {
    return [this.#default, ...this.#streams.values()];
  }

  #tell(channel: string, turn: Turn): void {
    turn.out.push({ do: 'channel', channel, state: this.#channels.state(channel) });
  }

  /** A passage is a command; streams know no others. */
  #passages(turn: Turn): Passage[] {
    // Safe: streams only push, and every passage is a command.
    return turn.out as Passage[];
  }
}
