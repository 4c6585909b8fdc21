import { check } from '../checks.js';
import type { AnyMessage, Message, Outbox, OutboxEntry, ReliableSocket, SocketStats } from '../index.js';
import { createShell } from './shell.js';
import { TabSocket } from './tab-socket.js';

export interface ShareOptions {
  /** Tabs of one origin with the same name share one socket: one name for each url and user. */
  readonly name: string;
  /** ms without a word of the leader after which another tab takes the lock from it. @default 2_000 */
  readonly patience?: number | undefined;
}

/** What a `ReliableSocket` of its own and one that is shared have in common. docs/TABS.md says where they differ. */
export type SharedSocket<In extends Message = AnyMessage, Out extends Message = AnyMessage> = Pick<
  ReliableSocket<In, Out>,
  | 'send'
  | 'request'
  | 'onMessage'
  | 'messages'
  | 'on'
  | 'channel'
  | 'state'
  | 'connect'
  | 'reconnect'
  | 'opened'
  | 'close'
> & {
  /** Figures of the one socket; undefined before there was one. */
  stats(): SocketStats | undefined;
  readonly outbox: Pick<Outbox, 'size' | 'cancel' | 'clear'> & Iterable<Omit<OutboxEntry, 'bytes'>>;
  [Symbol.asyncDispose](): Promise<void>;
};

/** Counts up when what tabs say to each other changes: those that were loaded before then have a socket of their own. */
const WIRE = 1;

/**
 * One socket for all tabs of an origin. `factory` is called in the tab that leads, and again in another one when that is
 * gone; each tab sends, listens and subscribes as if the socket were its own.
 *
 * Where there are no Web Locks (an http page, an old browser) or no BroadcastChannel, each tab has its own socket.
 *
 * @throws ReliableSocketError `bad-option`
 */
export const shareAcrossTabs = <In extends Message = AnyMessage, Out extends Message = AnyMessage>(
  factory: () => ReliableSocket<In, Out>,
  options: ShareOptions,
): SharedSocket<In, Out> => {
  // Plain JavaScript may leave it out, and is told which name is missing.
  const { name, patience = 2_000 } = options ?? {};
  check('factory', factory, ['function']);
  if (typeof name !== 'string' || !name) check('name', name, ['a string with content']);
  check('patience', patience, 1);
  // Safe: either may be missing, whatever the types say.
  const scope = globalThis as { BroadcastChannel?: unknown; navigator?: { locks?: unknown } };
  if (!scope.BroadcastChannel || !scope.navigator?.locks) return factory();
  // Safe: what goes through is what the application's own types say.
  return new TabSocket<In, Out>(
    createShell(
      factory as unknown as () => ReliableSocket<Message, Message>,
      `reliable-socket ${WIRE} ${name}`,
      patience,
    ),
  );
};
