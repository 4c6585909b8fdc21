import { check } from '../checks.js';
import { CloseCode } from '../errors.js';
import { ACCEPTOR, type Acceptor } from './acceptor.js';
import { Line } from './line.js';
import type { CrosswsMessage, CrosswsPeer, UpgradeRequest } from './peer.js';
import { protocolOf } from './protocol.js';

/** The hooks that every adapter of crossws takes. */
export interface CrosswsHooks {
  upgrade(request: UpgradeRequest): { protocol: string } | undefined;
  open(peer: CrosswsPeer): void;
  message(peer: CrosswsPeer, message: CrosswsMessage): void;
  close(peer: CrosswsPeer): void;
  error(peer: CrosswsPeer): void;
}

/**
 * Hooks for the adapters of crossws, for Bun and Deno: all connections of the adapter become connections of this server.
 *
 * These runtimes can not stop reading from a client: while the handler is behind, 4 MiB more are taken, and then the
 * connection ends with 1013. For Cloudflare Workers there is `acceptPair`. Throws `bad-option` for what is no server.
 */
export const crosswsHooks = (server: Acceptor): CrosswsHooks => {
  check('crosswsHooks: the server', server, ACCEPTOR);
  /** By id, since an adapter may make another object for the same peer. */
  const lines = new Map<string, Line>();
  const end = ({ id }: CrosswsPeer): void => {
    const line = lines.get(id);
    lines.delete(id);
    line?.closed();
  };
  return {
    upgrade(request) {
      const protocol = protocolOf(request);
      return protocol === undefined ? undefined : { protocol };
    },
    open(peer) {
      lines.set(peer.id, new Line(peer, server));
    },
    message(peer, message) {
      const line = lines.get(peer.id);
      // One that an earlier life of this program accepted: it comes back, and resumes.
      if (line === undefined) peer.close(CloseCode.restart, 'restart');
      else line.message(message.rawData);
    },
    close: end,
    error: end,
  };
};
