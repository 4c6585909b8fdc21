import type { UpgradeRequest } from './peer.js';

/** The first subprotocol offered that carries no token. One is chosen because a page whose offer is ignored gives up. */
export const protocolOf = ({ headers }: UpgradeRequest): string | undefined =>
  headers
    .get('sec-websocket-protocol')
    ?.split(',')
    .map((name) => name.trim())
    .find((name) => name !== '' && !name.startsWith('auth.'));
