import type { UpgradeRequest } from './peer.js';

/** Of what is offered, the first name that is no token: a page whose offer is not answered gives up. */
export const protocolOf = ({ headers }: UpgradeRequest): string | undefined =>
  headers
    .get('sec-websocket-protocol')
    ?.split(',')
    .map((name) => name.trim())
    .find((name) => name !== '' && !name.startsWith('auth.'));
