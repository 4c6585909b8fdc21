import { having, type Rule } from '../checks.js';
import type { Connection, Transport, Upgrade } from '../transport.js';

/** As much of a `ReliableServer` as is used here. */
export interface Acceptor {
  accept(transport: Transport, upgrade: Upgrade): Connection;
}

export const ACCEPTOR: Rule = having('createServer()', 'accept');
