import { afterEach } from 'vitest';
import {
  type ReferenceServer,
  type ReferenceServerOptions,
  startReferenceServer,
} from '../../src/testing/reference-server.js';
import { RawClient } from './raw-client.js';
import { until } from './until.js';

const servers: ReferenceServer[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

/** A reference server with the epoch `e`, stopped at the end of the test. */
export async function start(options: ReferenceServerOptions = {}): Promise<ReferenceServer> {
  const server = await startReferenceServer({ epoch: 'e', ...options });
  servers.push(server);
  return server;
}

/** A bare client that has been let in, or turned away. */
export async function connect(server: ReferenceServer, query = '', protocols: string[] = []): Promise<RawClient> {
  const client = new RawClient(`${server.url}/${query}`, protocols);
  await until(() => client.isOpen || client.closed !== undefined, { message: 'the server answers' });
  return client;
}

/** Publishes messages of the type `n`. */
export function publish(server: ReferenceServer, count: number, channel?: string): void {
  for (let n = 1; n <= count; n += 1) server.publish({ type: 'n' }, channel);
}
