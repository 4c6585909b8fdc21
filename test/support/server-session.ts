import { serverJson } from '../../src/protocol/server-json.js';
import { Batch } from '../../src/server/batch.js';
import type { Command, Input, Limits, Numbered, Reading, SessionOptions } from '../../src/server/session/io.js';
import { Session } from '../../src/server/session/session.js';

type Frame = Record<string, unknown> & { type: string };

const LIMITS: Limits = {
  frameBytes: 1_000,
  channels: 3,
  messagesPerSecond: 100,
  unauthenticated: 1_000,
  bufferedBytes: 4_096,
  stalled: 2_000,
  nameLength: 20,
};

export interface SessionSetup extends Partial<Omit<SessionOptions, 'limits'>> {
  readonly limits?: Partial<Limits>;
}

/** Messages of a stream, as they go out. */
export const numbered = (from: number, to: number, channel?: string): Numbered[] =>
  Array.from({ length: to - from + 1 }, (_, i) => {
    const text = serverJson().number('{"type":"n"}', from + i, channel);
    return { seq: from + i, batch: new Batch([text]) };
  });

/** A session of the server whose surroundings are played by the test. */
export class PlayedSession {
  now = 0;
  /** Bytes that the client has not read. */
  buffered = 0;
  readonly commands: Command[] = [];
  readonly #session: Session;

  constructor({ limits, ...options }: SessionSetup = {}) {
    const defaults = { authByMessage: false, resumeByMessage: false, guarded: false, heartbeat: 10_000, ids: 600_000 };
    const all = { protocol: serverJson(), ...defaults, concurrency: 1, ...options, limits: { ...LIMITS, ...limits } };
    this.#session = new Session(all, 0);
  }

  get nextDeadline(): number {
    return this.#session.nextDeadline();
  }

  /** What went out, in order. */
  get frames(): Frame[] {
    return this.all('write').flatMap(({ data }) =>
      (typeof data === 'string' ? [data] : data.texts).map((text) => JSON.parse(text)),
    );
  }

  /** The numbers that went out. */
  get numbers(): unknown[] {
    return this.frames.filter(({ type }) => type === 'n').map(({ seq }) => seq);
  }

  all<Name extends Command['do']>(name: Name): Extract<Command, { do: Name }>[] {
    // Safe: these are the ones of that name.
    return this.commands.filter((command) => command.do === name) as Extract<Command, { do: Name }>[];
  }

  last<Name extends Command['do']>(name: Name): Extract<Command, { do: Name }> {
    const found = this.all(name).at(-1);
    if (found === undefined) throw new Error(`there is no command "${name}"`);
    return found;
  }

  give(input: Input): readonly Command[] {
    const commands = this.#session.handle(input, { now: this.now, buffered: this.buffered });
    this.commands.push(...commands);
    return commands;
  }

  frame(frame: object): readonly Command[] {
    const text = JSON.stringify(frame);
    return this.give({ type: 'frame', text, bytes: text.length });
  }

  /** Moves the clock to the next deadline. */
  expire(): void {
    this.now = this.nextDeadline;
    this.give({ type: 'alarm' });
  }

  /** Answers the last reading. */
  slice(slice: Partial<Reading> = {}): void {
    const head = slice.entries?.at(-1)?.seq ?? slice.from ?? 0;
    const whole: Reading = { epoch: 'e', from: 0, head, gone: false, entries: [], ...slice };
    this.give({ type: 'slice', ticket: this.last('read').ticket, slice: whole });
  }

  live(seq: number, channel?: string, epoch: string = 'e'): void {
    const [message] = numbered(seq, seq, channel);
    this.give({ type: 'live', channel, live: { ...message!, epoch } });
  }

  /** Comes in, and follows the default stream. */
  open(cursor?: { seq: number; epoch?: string }, slice: Partial<Reading> = {}): this {
    this.give({ type: 'opened', hello: { client: 'c', conn: 1, cursor, token: undefined } });
    this.give({ type: 'taken-over', won: true });
    this.slice({ from: cursor?.seq ?? 0, ...slice });
    return this;
  }
}
