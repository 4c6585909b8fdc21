import type { ScriptedSocket, VirtualClock } from '../../src/testing/index.js';
import type { Manners } from './virtual-server.js';

/** A library whose clients make up a herd. */
export interface Member {
  readonly name: string;
  readonly manners: Manners;
  /** Makes one client. What it returns ends it. */
  join(parts: MemberParts): () => void;
}

export interface MemberParts {
  readonly url: string;
  readonly clock: VirtualClock;
  readonly random: () => number;
  readonly WebSocket: typeof ScriptedSocket;
  /** Called whenever the client says that it is connected. */
  readonly onOpen: () => void;
}
