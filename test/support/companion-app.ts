import {
  type AnyMessage,
  type MessageContext,
  memoryLog,
  type ReliableServer,
  type ReplayLog,
  type Result,
  type ServerOptions,
} from '../../src/server/index.js';

const SLOW = 300;

/** A log that can be made to forget what a stream holds, as a bound would. */
const forgetful = (log: ReplayLog): ReplayLog & { forget(channel: string | undefined): Promise<void> } => {
  const floors = new Map<string | undefined, number>();
  return {
    ...log,
    async forget(channel) {
      const { head } = await log.readAfter(channel, undefined, { messages: 0, bytes: 0 });
      floors.set(channel, head);
    },
    async readAfter(channel, cursor, limit) {
      const slice = await log.readAfter(channel, cursor, limit);
      const floor = floors.get(channel) ?? 0;
      if (slice.from >= floor) return slice;
      return { ...(await log.readAfter(channel, { seq: floor }, limit)), gone: true };
    },
  };
};

/** The test app that the conformance kit asks for, as options of `createServer`. */
export const testApp = (server: () => ReliableServer, kept: ReplayLog = memoryLog()): ServerOptions => {
  const log = forgetful(kept);
  const later = new Set<string | undefined>();
  const commands: Readonly<Record<string, (message: AnyMessage, context: MessageContext) => unknown>> = {
    'test:refuse': () => ({ nack: { code: 'refused', message: 'as you asked' } }),
    'test:later': (message, { messageId }) => {
      if (later.has(messageId)) return { publish: message };
      later.add(messageId);
      return { nack: { code: 'later', message: 'not now', retry: true } };
    },
    'test:slow': async (message) => {
      await new Promise((resolve) => setTimeout(resolve, SLOW));
      return { publish: message };
    },
    'test:forget': (_message, { channel }) => log.forget(channel),
    'test:revoke': (_message, { channel = '' }) => server().revoke(channel),
    'test:goaway': () => void server().sendAway({ within: 200 }),
  };
  return {
    log,
    authenticate: ({ token }) => {
      if (token === 'banned') return 'forbidden';
      return token === undefined || token === 'ann' || token === 'bob' ? { principal: token } : 'unauthorized';
    },
    authorize: (_client, channel) => channel !== 'forbidden',
    // Safe: each command answers with a result, or with nothing.
    onMessage: async (message, context) =>
      (await (commands[message.type]?.(message, context) ?? { publish: message })) as Result | undefined,
  };
};
