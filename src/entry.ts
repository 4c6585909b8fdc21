import type { Ending, Entry, Evidence, Line, Policy, ReceiptStatus } from './core/io.js';
import { byteLength } from './environment.js';
import { ReliableSocketError } from './errors.js';
import type { Encoded, Message, Protocol } from './protocol/frames.js';

/** What the messages of one client have in common. */
export interface EntryMaker {
  readonly protocol: Protocol;
  /** Makes a new id, once somebody needs it: most messages leave without one. */
  newId(): string;
}

/** A message on its way, encoded once. The constructor throws `bad-message` for what can not be sent. */
export class OutboundEntry implements Entry {
  // Declared only: the constructor gives each of these its value, and a field of a class would be written twice.
  declare readonly message: Message;
  declare readonly channel: string | undefined;
  declare data: Encoded;
  declare readonly bytes: number;
  declare readonly policy: Policy;
  declare durable: boolean;
  declare readonly key: string | undefined;
  declare readonly createdAt: number;
  declare readonly expiresAt: number;
  status: ReceiptStatus = 'queued';
  ending: Ending | undefined;
  resolve: ((ending: Ending) => void) | undefined;
  firstWrittenAt: number | undefined;
  mark = 0;
  ackBy: number = Infinity;
  ackTimeouts = 0;
  notBefore = 0;
  refusals = 0;
  evidence: Evidence | undefined;
  line: Line | undefined;
  previous: Entry | undefined;
  next: Entry | undefined;
  readonly #maker: EntryMaker;
  #id: string | undefined;

  constructor(
    maker: EntryMaker,
    id: string | undefined,
    message: Message,
    channel: string | undefined,
    policy: Policy,
    now: number,
    ttl: number = policy.ttl,
  ) {
    this.#maker = maker;
    this.#id = id;
    this.message = message;
    this.channel = channel;
    this.policy = policy;
    this.durable = policy.durable;
    try {
      const messageId = policy.ack === 'none' ? undefined : this.id;
      this.data = maker.protocol.encode({ kind: 'message', message, channel, messageId });
    } catch (cause) {
      throw new ReliableSocketError('bad-message', `send: ${(cause as Error | null)?.message}`, { cause });
    }
    this.bytes = byteLength(this.data);
    // Safe: a key function takes the messages of its own type, and this is one.
    this.key =
      policy.kind === 'latest' ? JSON.stringify([channel, message.type, policy.key(message as never)]) : undefined;
    this.createdAt = now;
    this.expiresAt = now + ttl;
  }

  get id(): string {
    this.#id ??= this.#maker.newId();
    return this.#id;
  }
}
