import { WebSocket } from 'ws';
import { ReliableSocket, type ReliableSocketOptions } from '../../src/index.js';
import { startReferenceServer } from '../../src/testing/reference-server.js';
import { sleep } from './network.js';
import { startNginx } from './nginx.js';

export interface IdleLink {
  readonly closes: readonly string[];
  /** ms from the first attempt to the first close: nginx counts from before the client is told that it is open. */
  readonly lasted: number | undefined;
  readonly status: string;
}

export interface IdleLinks {
  readonly withHeartbeat: IdleLink;
  readonly without: IdleLink;
}

type Heartbeat = ReliableSocketOptions['heartbeat'];

/**
 * Two clients that have nothing to say for `ms`, behind an nginx with this `proxy_read_timeout`: one with a heartbeat,
 * and one without any.
 */
export async function leaveIdle(path: string, ms: number, heartbeat?: Heartbeat, timeout?: string): Promise<IdleLinks> {
  const server = await startReferenceServer();
  const nginx = await startNginx(path, server.port, timeout);
  const watch = (heartbeat: Heartbeat) => {
    const beganAt = performance.now();
    const socket = new ReliableSocket(nginx.url, { WebSocket, ...(heartbeat === undefined ? {} : { heartbeat }) });
    const link = { closes: [] as string[], lasted: undefined as number | undefined, status: '' };
    socket.on('close', ({ code, cause }) => {
      link.closes.push(`${code} ${cause}`);
      link.lasted ??= performance.now() - beganAt;
    });
    return { socket, link };
  };
  const clients = [watch(heartbeat), watch(false)] as const;
  await Promise.all(clients.map(({ socket }) => socket.opened()));
  await sleep(ms);
  for (const { socket, link } of clients) link.status = socket.state.status;
  const [withHeartbeat, without] = clients.map(({ link }) => ({ ...link, closes: [...link.closes] }));
  await Promise.all(clients.map(({ socket }) => socket.close()));
  await nginx.close();
  await server.stop();
  // Safe: there are two.
  return { withHeartbeat: withHeartbeat as IdleLink, without: without as IdleLink };
}
