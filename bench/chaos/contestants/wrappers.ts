import { ReconnectingWebSocket as Rews } from '@nktkas/rews';
import { WebSocket as PartyWebSocket } from 'partysocket';
import ReconnectingWebSocketModule from 'reconnecting-websocket';
import type { Contestant } from '../contestant.js';
import type { Timing } from '../scenario.js';
import { QuietWebSocket } from './quiet-websocket.js';
import { type Connect, wrapper, wrapperWithResume } from './wrapper.js';

// Safe: its types speak of an ES module, but Node hands over the CommonJS one, which is the class itself.
const ReconnectingWebSocket = ReconnectingWebSocketModule as unknown as typeof ReconnectingWebSocketModule.default;

/** The wait is the same in both. Left out: they have no heartbeat, and queue without bound by themselves. */
function delays(timing: Timing): object {
  if (timing.kind === 'default') return {};
  const { backoff, connect } = timing;
  return {
    minReconnectionDelay: backoff.least,
    maxReconnectionDelay: backoff.most,
    connectionTimeout: connect,
  };
}

const partysocket: Connect = (url, { timing }) =>
  new PartyWebSocket(url, [], { WebSocket: QuietWebSocket, ...delays(timing) });

/** Its documented delay is drawn once when the module is loaded; here once for each client, from the seed. */
const reconnectingWebSocket: Connect = (url, { timing, random }) =>
  new ReconnectingWebSocket(url, [], {
    WebSocket: QuietWebSocket,
    minReconnectionDelay: 1_000 + random() * 4_000,
    ...delays(timing),
  });

/** It repeats errors as instances of their class, and that of `ws` is no `Event` to Node: a plain one tells the same. */
class PlainErrorWebSocket extends QuietWebSocket {
  override addEventListener(type: string, listener: unknown, options?: object): void {
    // Safe: passes on what the caller gave, and the listener of an error takes an event.
    const given = listener as (event: unknown) => void;
    const handler = type === 'error' ? () => given(new Event('error')) : given;
    super.addEventListener(type as 'message', handler, options);
  }
}

/** It takes the class from the globals. Jitter and a time of health before the delay starts anew are its defaults. */
const rews: Connect = (url, { timing, random }) => {
  Object.assign(globalThis, { WebSocket: PlainErrorWebSocket });
  if (timing.kind === 'default') return new Rews(url);
  const { least, most } = timing.backoff;
  return new Rews(url, {
    reconnectionDelay: (attempt) => Math.min(most, least * 2 ** attempt) * (0.5 + random() / 2),
    connectionTimeout: timing.connect,
  });
};

export const wrappers: readonly Contestant[] = [
  wrapper('partysocket', partysocket),
  wrapperWithResume('partysocket, lastSeq by hand', partysocket),
  wrapper('reconnecting-websocket', reconnectingWebSocket),
  wrapper('rews', rews),
];
