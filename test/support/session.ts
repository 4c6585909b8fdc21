import type { Command, Entry, Input, State } from '../../src/core/io.js';
import { createSession, type Session, type SessionOptions } from '../../src/core/session.js';
import { defaults } from '../../src/options.js';
import { json } from '../../src/protocol/json.js';
import { entry, only } from './turn.js';

export const sessionOptions = (options: Partial<SessionOptions> = {}): SessionOptions => ({
  connectTimeout: 10_000,
  backoff: defaults.backoff,
  heartbeat: defaults.heartbeat,
  resume: defaults.resume,
  queue: defaults.queue,
  auth: defaults.auth,
  protocol: json(),
  protocols: [],
  hasTokenHook: false,
  hasUrlProvider: false,
  asksForGaps: false,
  clientId: 'c',
  ...options,
});

/** A session with the test in the place of the shell: it carries out what needs no network, and reads the rest. */
export interface PureSession {
  readonly session: Session;
  now: number;
  random: number;
  bufferedAmount: number;
  /** Handles one input, and what follows from it without a network: the url is answered, cursors move. */
  run(input: Input): Command[];
  /** From idle to an open connection. */
  open(): Command[];
  /** A frame of the server. */
  frame(frame: object): Command[];
  send(entry: Entry): Command[];
  /** Moves the clock to each deadline on the way, as the alarm does. */
  advance(ms: number): Command[];
  drop(code?: number, reason?: string): Command[];
  status(): State['status'];
  /** Frames written since the last call, parsed. */
  written(): Record<string, unknown>[];
}

export const pureSession = (options: Partial<SessionOptions> = {}): PureSession => {
  const session = createSession(sessionOptions(options));
  let out: Record<string, unknown>[] = [];
  const client: PureSession = {
    session,
    now: 1_000_000,
    random: 0.5,
    bufferedAmount: 0,
    run(input) {
      const { now, random, bufferedAmount } = client;
      const all: Command[] = [];
      for (const command of session.handle(input, { now, random: () => random, bufferedAmount })) {
        all.push(command);
        if (command.do === 'write') out.push(JSON.parse(String(command.data)));
        if (command.do === 'ask-url') all.push(...client.run({ type: 'url', conn: command.conn, url: 'ws://h/' }));
        if (command.do === 'gap' || (command.do === 'deliver' && command.numbered)) {
          session.passed(command);
        }
      }
      return all;
    },
    open: () => [...client.run({ type: 'connect' }), ...client.run({ type: 'opened' })],
    frame: (frame) => client.run({ type: 'frame', data: JSON.stringify(frame) }),
    send: (entry) => client.run({ type: 'send', entry }),
    advance(ms) {
      const end = client.now + ms;
      const all: Command[] = [];
      for (let at = session.nextDeadline(); at <= end; at = session.nextDeadline()) {
        client.now = Math.max(client.now, at);
        all.push(...client.run({ type: 'alarm' }));
      }
      client.now = end;
      return all;
    },
    drop: (code = 1006, reason = '') => client.run({ type: 'closed', info: { code, reason, wasClean: code !== 1006 } }),
    status: () => session.state().status,
    written() {
      const written = out;
      out = [];
      return written;
    },
  };
  return client;
};

/** A session whose connection is open, and what it wrote for that is read. */
export const openSession = (options: Partial<SessionOptions> = {}): PureSession => {
  const client = pureSession(options);
  client.open();
  client.written();
  return client;
};

/** A message that can be told by what it wrote. */
export const message = (id: string, fields: Partial<Entry> = {}): Entry =>
  entry(id, { data: JSON.stringify({ type: 'm', id }), ...fields });

export const statuses = (commands: readonly Command[]): string[] =>
  only(commands, 'state').map(({ state }) => state.status);
