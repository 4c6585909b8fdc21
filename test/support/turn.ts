import type { Command, Entry, Passage, Policy, Turn } from '../../src/core/io.js';

/** What the core is told, held by the test: it sets the time and the chance, and reads the commands. */
export interface FakeTurn extends Turn {
  /** All commands since the last `take`. */
  readonly commands: Command[];
  take(): Command[];
}

export const fakeTurn = (now = 1_000_000, random: () => number = () => 0.5): FakeTurn => {
  const commands: Command[] = [];
  return {
    now,
    random,
    bufferedAmount: 0,
    commands,
    tell(command) {
      commands.push(command);
    },
    take: () => commands.splice(0),
  };
};

export const queuePolicy = (policy: Partial<Policy> = {}): Policy => ({
  kind: 'queue',
  ttl: Infinity,
  ack: 'none',
  ackTimeout: 30_000,
  overflow: 'drop-oldest',
  inFlight: Infinity,
  durable: false,
  key: () => '',
  ...policy,
});

export const latestPolicy: Policy = queuePolicy({ kind: 'latest' });

/** A message on its way out as the shell makes it, 10 bytes long if nothing else is said. */
export const entry = (id: string, fields: Partial<Entry> = {}): Entry => ({
  id,
  message: { type: 'm' },
  channel: undefined,
  data: `{"id":"${id}"}`,
  bytes: 10,
  policy: queuePolicy(),
  durable: fields.policy?.durable ?? false,
  key: undefined,
  createdAt: 0,
  expiresAt: Infinity,
  status: 'queued',
  ending: undefined,
  resolve: () => {},
  firstWrittenAt: undefined,
  mark: 0,
  ackBy: Infinity,
  ackTimeouts: 0,
  notBefore: 0,
  refusals: 0,
  evidence: undefined,
  line: undefined,
  previous: undefined,
  next: undefined,
  ...fields,
});

export const ids = (entries: Iterable<{ readonly id: string }>): string[] => [...entries].map(({ id }) => id);

type Of<D extends Command['do']> = Extract<Command, { readonly do: D }>;

/** The commands of one kind. */
export const only = <D extends Command['do']>(commands: readonly Command[], kind: D): Of<D>[] =>
  commands.filter((command): command is Of<D> => command.do === kind);

/** Steps of a stream in short: the number or text of a delivered message, or the gap as `gap:reason from>to`. */
export const passages = (commands: readonly Command[]): (number | string)[] =>
  commands
    .filter((command): command is Passage => command.do === 'deliver' || command.do === 'gap')
    .map((step) => {
      if (step.do === 'gap') return `gap:${step.gap.reason} ${step.gap.from}>${step.gap.to}`;
      return (step.message as { readonly n?: number }).n ?? step.message.type;
    });
