import type {
  Received,
  ReferenceServer,
  ReferenceServerOptions,
  TokenVerdict,
} from '../../../src/testing/reference-server.js';
import { startReferenceServer } from '../../../src/testing/reference-server.js';

const SLOW = 300;

/** The reference server with the test app of docs/CONFORMANCE.md. */
export async function startReferenceApp(options: ReferenceServerOptions = {}): Promise<ReferenceServer> {
  const later = new Set<string | undefined>();

  const commands: Readonly<Record<string, (received: Received) => unknown>> = {
    'test:refuse': () => ({ nack: { code: 'refused', message: 'as you asked' } }),
    'test:later': (received) => {
      if (later.has(received.messageId)) return publish(received);
      later.add(received.messageId);
      return { nack: { code: 'later', message: 'not now', retry: true } };
    },
    'test:slow': async (received) => {
      await new Promise((resolve) => setTimeout(resolve, SLOW));
      return publish(received);
    },
    'test:forget': ({ channel }) => server.stream(channel).forget(0),
    'test:revoke': ({ channel = '' }) => server.revoke(channel),
    'test:goaway': () => {
      const leaving = server.connections;
      server.goaway({ within: 500 });
      setTimeout(() => {
        for (const link of leaving) link.close(1012, 'restart');
      }, 600).unref();
    },
  };
  const publish = ({ message, channel }: Received) => ({ data: { seq: server.publish(message, channel) } });

  const server = await startReferenceServer({
    tokens,
    principal: (token) => token,
    authorize: (channel) => channel !== 'forbidden' || { code: 'forbidden', message: 'not for you' },
    onMessage: async (received) => (await (commands[received.message.type] ?? publish)(received)) ?? {},
    ...options,
  });
  return server;
}

function tokens(token: string | undefined): TokenVerdict {
  if (token === 'banned') return 'forbidden';
  return token === undefined || token === 'ann' || token === 'bob' ? 'ok' : 'refused';
}
