import type { Message } from '../protocol/frames.js';
import type { ServerProtocol } from '../protocol/server-frames.js';
import {
  atLeast,
  check,
  checkOptions,
  HOOK,
  having,
  NAME,
  OBJECT,
  oneOf,
  orInfinity,
  type Rule,
  TEXTS,
  timer,
  whole,
} from './checks.js';
import type { ServerError } from './errors.js';
import { serverJson } from './json.js';
import { memoryLog } from './memory-log.js';
import type { IdMemory, ReplayLog } from './replay-log.js';
import type { Identity, Limits, Refusal, SessionOptions } from './session/io.js';

/** Who is at the other end of a connection. `Who` is what `authenticate` answered. */
export interface Client<Who extends Identity = Identity> {
  /** The random name of the client instance; it proves nothing. */
  readonly id: string | undefined;
  /** From `authenticate`. */
  readonly principal: string | undefined;
  /** From `authenticate`, with the type that it has there; undefined if it gave none. */
  readonly user: Who['user'];
}

/** What a client shows to be let in. */
export interface Credentials {
  readonly token: string | undefined;
  /** The url of the upgrade, with its query. */
  readonly url: string;
  /** A header of the upgrade: a cookie, an origin. */
  header(name: string): string | undefined;
}

export interface MessageContext<Who extends Identity = Identity> {
  readonly client: Client<Who>;
  /** On which the message was sent; undefined for the default stream. */
  readonly channel: string | undefined;
  /** Stays the same however often the client sends the message. Undefined if it wants no answer. */
  readonly messageId: string | undefined;
  /** True if somebody began with this message before, and nobody knows how far they came: see `abandoned`. */
  readonly again: boolean;
}

/** A message with any members: what comes from outside is looked at before it is believed. */
export interface AnyMessage extends Message {
  readonly [member: string]: unknown;
}

/** What the handler wants done. `publish` and the memory of the answer are one step of the log. */
export type Result =
  | {
      /** Goes to all who follow the channel. */
      readonly publish?: Message | AnyMessage;
      /** @default the channel on which the message was sent */
      readonly channel?: string | undefined;
      /** The answer to a `request()`. */
      readonly data?: unknown;
    }
  /** The message had no effect. With `retry` it comes again. */
  | { readonly nack: { readonly code: string; readonly message: string; readonly retry?: boolean | number } };

type Awaitable<T> = T | Promise<T>;

/**
 * All times in ms, all sizes in bytes. `Who` is inferred from what `authenticate` answers, if it stands before the hooks
 * that look at `client.user`.
 */
export interface ServerOptions<Who extends Identity = Identity> {
  /** Keeps messages for replay. @default memoryLog() */
  readonly log?: ReplayLog | undefined;
  /** Remembers message ids. Another one than the log's is not kept in one step with what is published. @default log.ids */
  readonly ids?: IdMemory | undefined;
  /**
   * Where the token is: with the upgrade, in the query or in a subprotocol, as the client likes; or in its first frame.
   * @default { via: 'upgrade', param: 'token' }
   */
  readonly auth?: { readonly via?: 'upgrade' | 'message'; readonly param?: string } | undefined;
  /** Where the cursor of the default stream is, as in the client's option. @default { via: 'url', param: 'lastSeq' } */
  readonly resume?: { readonly via?: 'url' | 'message'; readonly param?: string } | undefined;
  /** Origins of pages that may connect; others are closed with 4403. Who says none is no page. @default all */
  readonly origins?: readonly string[] | undefined;
  /** Says whom a token speaks for, at connect and for each new token. @default everybody comes in */
  readonly authenticate?: ((credentials: Credentials) => Awaitable<Who | 'unauthorized' | 'forbidden'>) | undefined;
  /** Asked for each `subscribe`, and for a message to a channel that its sender does not follow. @default true */
  readonly authorize?: (
    client: Client<Who>,
    channel: string,
    action: 'subscribe' | 'send',
  ) => Awaitable<boolean | Refusal>;
  /**
   * Takes the messages of clients. What it throws is told to `onError`, and the client is told that the outcome is
   * unknown. @default messages are refused with code `no-handler`
   */
  readonly onMessage?:
    | ((message: AnyMessage, context: MessageContext<Who>) => Awaitable<Result | undefined | void>)
    | undefined;
  /** Hears of hooks that threw and of a log that failed. @default nobody does; `stats()` counts */
  readonly onError?: ((error: ServerError) => void) | undefined;
  /**
   * ms for `authenticate`, `authorize` and `onMessage` each. One that takes longer is given up like one that threw, and
   * what it does later is not looked at. Without it a handler that never ends holds up its client, and `close()`.
   * @default Infinity
   */
  readonly hookTimeout?: number | undefined;
  /** Messages of one client that are handled at a time; with more than 1 their effects come in any order. @default 1 */
  readonly concurrency?: number | undefined;
  /**
   * A message that a dead node began: `'unknown'` answers so; `'again'` calls the handler with `again: true`, for
   * handlers without effects but what they return, and for those that look up the id themselves. @default 'unknown'
   */
  readonly abandoned?: 'unknown' | 'again' | undefined;
  /** A client that was silent for so long is dropped. It is asked after half of it. @default 120_000 */
  readonly heartbeat?: number | undefined;
  /** What one connection may cost. */
  readonly limits?: Partial<Limits> | undefined;
  /** Another wire. @default serverJson() */
  readonly protocol?: ServerProtocol | undefined;
}

/** The options with every default filled in. */
export interface ResolvedOptions {
  readonly log: ReplayLog;
  readonly ids: IdMemory;
  readonly auth: { readonly via: 'upgrade' | 'message'; readonly param: string };
  readonly resume: { readonly via: 'url' | 'message'; readonly param: string };
  readonly hooks: Pick<ServerOptions, 'authenticate' | 'authorize' | 'onMessage' | 'onError' | 'origins'>;
  readonly abandoned: 'unknown' | 'again';
  readonly hookTimeout: number;
  readonly session: SessionOptions;
}

const LIMITS: Limits = {
  frameBytes: 1_048_576,
  channels: 1_000,
  messagesPerSecond: 1_000,
  unauthenticated: 10_000,
  bufferedBytes: 1_048_576,
  stalled: 30_000,
  nameLength: 256,
};

/** Clients stop to ask for an id a little before it is forgotten. */
const IDS_MARGIN = 60_000;

const COUNT = orInfinity(whole(1));
const RULES: { readonly [K in keyof ServerOptions]-?: Rule } = {
  log: having('memoryLog(), redisLog(client) or another ReplayLog', 'append', 'readAfter', 'subscribe'),
  ids: having('memoryIds() or another IdMemory', 'claim', 'settle', 'release'),
  auth: OBJECT,
  resume: OBJECT,
  origins: TEXTS,
  authenticate: HOOK,
  authorize: HOOK,
  onMessage: HOOK,
  onError: HOOK,
  hookTimeout: orInfinity(timer(1)),
  concurrency: COUNT,
  abandoned: oneOf('unknown', 'again'),
  heartbeat: atLeast(1),
  limits: OBJECT,
  protocol: having('serverJson() or another ServerProtocol', 'decode', 'encode', 'pack', 'number'),
};
const SEATS = having('an object with take, leave and onTaken', 'take', 'leave', 'onTaken');
const LIMIT_RULES: { readonly [K in keyof Limits]: Rule } = {
  frameBytes: COUNT,
  channels: COUNT,
  messagesPerSecond: atLeast(1),
  unauthenticated: atLeast(1),
  bufferedBytes: COUNT,
  stalled: atLeast(1),
  nameLength: COUNT,
};

const checkAll = (options: ServerOptions): void => {
  checkOptions('createServer', options, RULES);
  const { auth, resume, limits } = options;
  checkOptions('createServer', auth, { via: oneOf('upgrade', 'message'), param: NAME }, 'auth');
  checkOptions('createServer', resume, { via: oneOf('url', 'message'), param: NAME }, 'resume');
  checkOptions('createServer', limits, LIMIT_RULES, 'limits');
};

/** Over the defaults; what is undefined is not given. */
const resolveLimits = (given: Partial<Limits> = {}): Limits => ({
  ...LIMITS,
  ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
});

export const resolveOptions = (options: ServerOptions): ResolvedOptions => {
  checkAll(options);
  const {
    log = memoryLog(),
    abandoned = 'unknown',
    heartbeat = 120_000,
    concurrency = 1,
    hookTimeout = Infinity,
  } = options;
  const { authenticate, authorize, onMessage, onError, origins } = options;
  const { ids = log.ids, protocol = serverJson() } = options;
  const idsName = options.ids === undefined ? 'log.ids' : 'ids';
  check(`createServer: ${idsName}`, ids, RULES.ids);
  check(`createServer: ${idsName}.keep`, ids.keep, atLeast(0));
  if (log.seats !== undefined) check('createServer: log.seats', log.seats, SEATS);
  const auth = { via: options.auth?.via ?? 'upgrade', param: options.auth?.param ?? 'token' };
  const resume = { via: options.resume?.via ?? 'url', param: options.resume?.param ?? 'lastSeq' };
  return {
    log,
    ids,
    auth,
    resume,
    abandoned,
    hookTimeout,
    hooks: {
      ...(authenticate && { authenticate }),
      ...(authorize && { authorize }),
      ...(onMessage && { onMessage }),
      ...(onError && { onError }),
      ...(origins && { origins }),
    },
    session: {
      protocol,
      authByMessage: auth.via === 'message',
      resumeByMessage: resume.via === 'message',
      guarded: authenticate !== undefined,
      heartbeat,
      ids: Math.max(ids.keep - IDS_MARGIN, 0),
      concurrency,
      limits: resolveLimits(options.limits),
    },
  };
};
