import { check, resolveGroup } from './checks.js';
import type { Overflow, Policy } from './core/io.js';
import type { Message } from './protocol/frames.js';

export interface QueuePolicyOptions {
  /** ms after which a message that was not delivered ends: `expired` if never written, else `unknown`. @default Infinity */
  readonly ttl?: number | undefined;
  /**
   * What proves that a message arrived, so that it is sent again until then: an `ack` frame with its id, or the pong of a
   * ping that is written behind it. Without it a message is written at most once. @default none
   */
  readonly ack?: 'message' | 'pong' | undefined;
  /** ms on a live link without the proof, after which it is sent once more, and then `unknown`. @default 30_000 */
  readonly ackTimeout?: number | undefined;
  /** What happens when the queue is full. @default the `queue.overflow` option */
  readonly overflow?: Overflow | undefined;
  /** How many unproved messages of this type may be under way; 1 is strict order. @default Infinity */
  readonly inFlight?: number | undefined;
  /** Kept in the `store` until it is proved; without one it is kept in memory, and `receipt.durable` is false. @default false */
  readonly durable?: boolean | undefined;
}

export interface LatestPolicyOptions<M> {
  /** Messages with an equal key replace each other. @default one key per channel and type */
  readonly key?: ((message: M) => unknown) | undefined;
  /** ms after which a value that still waits ends as `expired`. @default Infinity */
  readonly ttl?: number | undefined;
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

/**
 * Waits for the link, in order and within the bounds of the queue. For chat messages and actions. With `ack` it is sent
 * again until it is proved, for what must not get lost; without `ack` it is written once.
 */
export const queue = (options: QueuePolicyOptions = {}): QueuePolicy => ({ kind: 'queue', ...options });

/** Only the newest value per key waits, in the place of the older one. For cursors, presence, sliders. */
export const latest = <M = Message>(options: LatestPolicyOptions<M> = {}): LatestPolicy<M> => ({
  kind: 'latest',
  ...options,
});

/** Sent now or not at all: outcome `dropped`. For what is worthless a second later, such as a typing signal. */
export const drop = (): DirectPolicy => ({ kind: 'drop' });

/** Sent now or not at all: outcome `rejected`. For what the user has to be told about at once. */
export const reject = (): DirectPolicy => ({ kind: 'reject' });

export const OVERFLOWS: readonly Overflow[] = ['drop-oldest', 'drop-newest', 'reject'];

/** What the policies take from the other options. */
export interface PolicyContext {
  readonly overflow: Overflow;
  readonly pongsProve: boolean;
  readonly hasStore: boolean;
}

/** Fills in the defaults and checks the ranges. */
export const resolvePolicy = (
  name: string,
  policy: SendPolicy<never>,
  { overflow, pongsProve, hasStore }: PolicyContext,
): Policy => {
  check(name, policy ?? `${policy}`, ['object']);
  // Safe: `ttl` and `key` are taken only of a `latest` policy. Fields that a kind does not know are left out.
  const { kind, ttl, key } = policy as LatestPolicy<never>;
  const own = { queue: policy, latest: { ttl, key }, drop: {}, reject: {} };
  const unset = {
    kind,
    ttl: Infinity,
    ack: 'none',
    ackTimeout: 30_000,
    overflow,
    inFlight: Infinity,
    durable: false,
    key: () => '',
  };
  const rules = {
    kind: Object.keys(own),
    ttl: 0,
    ack: ['none', 'message', ...(pongsProve ? ['pong'] : [])],
    ackTimeout: 1,
    overflow: OVERFLOWS,
    inFlight: 1,
    durable: ['boolean'],
    key: ['function'],
  };
  // Safe: the words were checked.
  const resolved = resolveGroup(name, own[kind], unset, rules) as Policy;
  return { ...resolved, durable: hasStore && resolved.durable };
};
