import type { Overflow, Policy } from './core/io.js';
import { ReliableSocketError } from './errors.js';
import type { Message } from './protocol/frames.js';

export interface QueuePolicyOptions {
  /** ms after which a message that was not delivered ends: `expired` if never written, else `unknown`. @default Infinity */
  readonly ttl?: number;
  /**
   * What proves that a message arrived, so that it is sent again until then: an `ack` frame with its id, or the pong of a
   * ping that is written behind it. Without it a message is written at most once. @default none
   */
  readonly ack?: 'message' | 'pong';
  /** ms on a live link without the proof, after which it is sent once more, and then `unknown`. @default 30_000 */
  readonly ackTimeout?: number;
  /** What happens when the queue is full. @default the `queue.overflow` option */
  readonly overflow?: Overflow;
  /** How many unproved messages of this type may be under way; 1 is strict order. @default Infinity */
  readonly inFlight?: number;
  /** Kept in the `store` until it is proved. @default false */
  readonly durable?: boolean;
}

export interface LatestPolicyOptions<M> {
  /** Messages with an equal key replace each other. @default one key per channel and type */
  readonly key?: (message: M) => unknown;
  /** ms after which a value that still waits ends as `expired`. @default Infinity */
  readonly ttl?: number;
}

export interface QueuePolicy extends QueuePolicyOptions {
  readonly kind: 'queue';
}

export interface LatestPolicy<M> extends LatestPolicyOptions<M> {
  readonly kind: 'latest';
}

export interface DirectPolicy {
  readonly kind: 'drop' | 'reject';
}

/** What happens to messages of one type while the link is down: made by `queue`, `latest`, `drop` and `reject`. */
export type SendPolicy<M = Message> = QueuePolicy | LatestPolicy<M> | DirectPolicy;

/** Waits for the link, in order, bounded. For chat messages and actions; with `ack` also for what must not get lost. */
export const queue = (options: QueuePolicyOptions = {}): QueuePolicy => ({ kind: 'queue', ...options });

/** Only the newest value per key waits, in the place of the older one. For cursors, presence, sliders. */
export const latest = <M = Message>(options: LatestPolicyOptions<M> = {}): LatestPolicy<M> => ({
  kind: 'latest',
  ...options,
});

/** Sent now or not at all: outcome `dropped`. For what is worthless a second later. */
export const drop = (): DirectPolicy => ({ kind: 'drop' });

/** Sent now or not at all: outcome `rejected`. For what the user has to be told about at once. */
export const reject = (): DirectPolicy => ({ kind: 'reject' });

const refuse = (action: string, value: unknown, wanted: string): never => {
  throw new ReliableSocketError('bad-option', `${action} is ${String(value)}, wanted ${wanted}`);
};

/** A number that is at least `least`; used for every option that has a unit. */
export const numberOption = (name: string, value: unknown, least: number): number =>
  typeof value === 'number' && value >= least ? value : refuse(name, value, `a number of at least ${least}`);

export const oneOf = <T>(name: string, value: T, allowed: readonly T[]): T =>
  allowed.includes(value) ? value : refuse(name, JSON.stringify(value), `one of ${allowed.join(', ')}`);

export const functionOption = (name: string, value: unknown): void => {
  if (value !== undefined && typeof value !== 'function') refuse(name, value, 'a function');
};

/** Fills in the defaults and checks the ranges. */
export const resolvePolicy = (
  name: string,
  policy: SendPolicy<never>,
  overflow: Overflow,
  pongsProve: boolean,
  hasStore: boolean,
): Policy => {
  switch (policy?.kind) {
    case 'queue': {
      const ack = oneOf(`${name}.ack`, policy.ack ?? 'none', ['none', 'message', 'pong'] as const);
      if (ack === 'pong' && !pongsProve) refuse(`${name}.ack`, ack, "'message': without numbered pings no pong proves");
      return {
        kind: 'queue',
        ack,
        ttl: numberOption(`${name}.ttl`, policy.ttl ?? Infinity, 0),
        ackTimeout: numberOption(`${name}.ackTimeout`, policy.ackTimeout ?? 30_000, 1),
        overflow: oneOf(`${name}.overflow`, policy.overflow ?? overflow, ['drop-oldest', 'drop-newest', 'reject']),
        inFlight: numberOption(`${name}.inFlight`, policy.inFlight ?? Infinity, 1),
        durable: hasStore && policy.durable === true,
      };
    }
    case 'latest':
      functionOption(`${name}.key`, policy.key);
      return {
        kind: 'latest',
        ttl: numberOption(`${name}.ttl`, policy.ttl ?? Infinity, 0),
        key: policy.key ?? (() => ''),
      };
    case 'drop':
    case 'reject':
      return policy;
    default:
      return refuse(name, policy, 'queue(), latest(), drop() or reject()');
  }
};
