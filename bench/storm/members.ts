import { ReconnectingWebSocket as Rews } from '@nktkas/rews';
import { WebSocket as PartyWebSocket } from 'partysocket';
import ReconnectingWebSocketModule from 'reconnecting-websocket';
import { WebSocket as EngineWebSocket, Manager } from 'socket.io-client';
import { ReliableSocket } from '../../src/index.js';
import { type ScriptedSocket, virtualEnvironment } from '../../src/testing/index.js';
import type { Member } from './member.js';
import type { Manners } from './virtual-server.js';

// Safe: its types speak of an ES module, but Node hands over the CommonJS one, which is the class itself.
const ReconnectingWebSocket = ReconnectingWebSocketModule as unknown as typeof ReconnectingWebSocketModule.default;

const silent: Manners = { greet: () => {}, answer: () => {} };

/** With its defaults. */
export const reliable: Member = {
  name: 'ReliableSocket',
  manners: {
    greet: (socket) => socket.receive({ type: 'welcome', v: 1, epoch: 'herd', seq: 0 }),
    answer(socket, text) {
      const { type, t } = JSON.parse(text);
      if (type === 'ping') socket.receive({ type: 'pong', t });
    },
  },
  join({ url, clock, random, WebSocket, onOpen }) {
    const environment = virtualEnvironment({ clock, random, WebSocket, instances: `herd-${random()}-` });
    const socket = new ReliableSocket(url, { environment });
    socket.on('open', onOpen);
    return () => void socket.close();
  },
};

/** With its defaults: its delay has no jitter. */
const partysocket: Member = {
  name: 'partysocket',
  manners: silent,
  join({ url, WebSocket, onOpen }) {
    const socket = new PartyWebSocket(url, [], { WebSocket });
    socket.addEventListener('open', onOpen);
    return () => socket.close();
  },
};

/** Its least delay as its README gives it, `1000 + Math.random() * 4000`, which the shipped code no longer draws. */
const partysocketJittered: Member = {
  name: 'partysocket, delay drawn by hand',
  manners: silent,
  join({ url, random, WebSocket, onOpen }) {
    const socket = new PartyWebSocket(url, [], { WebSocket, minReconnectionDelay: 1_000 + random() * 4_000 });
    socket.addEventListener('open', onOpen);
    return () => socket.close();
  },
};

/** With its defaults. It draws the delay when the module is loaded; here for each client, as in as many pages. */
const reconnectingWebSocket: Member = {
  name: 'reconnecting-websocket',
  manners: silent,
  join({ url, random, WebSocket, onOpen }) {
    const minReconnectionDelay = 1_000 + random() * 4_000;
    const socket = new ReconnectingWebSocket(url, [], { WebSocket, minReconnectionDelay });
    socket.addEventListener('open', onOpen);
    return () => socket.close();
  },
};

/** With its defaults. */
const rews: Member = {
  name: 'rews',
  manners: silent,
  join({ url, onOpen }) {
    const socket = new Rews(url);
    socket.addEventListener('open', onOpen);
    return () => socket.close();
  },
};

/** With its defaults, on the WebSocket transport alone. */
const socketIo: Member = {
  name: 'socket.io',
  manners: {
    greet: (socket) =>
      socket.receive(
        `0${JSON.stringify({ sid: 'e', upgrades: [], pingInterval: 25_000, pingTimeout: 20_000, maxPayload: 1e6 })}`,
      ),
    answer(socket, text) {
      if (text.startsWith('40')) socket.receive(`40${JSON.stringify({ sid: 's' })}`);
    },
  },
  join({ url, WebSocket, onOpen }) {
    const manager = new Manager(url.replace('ws:', 'http:'), { transports: [transportOn(WebSocket)], forceNew: true });
    const socket = manager.socket('/');
    socket.on('connect', onOpen);
    return () => socket.close();
  },
};

function transportOn(WebSocket: typeof ScriptedSocket): typeof EngineWebSocket {
  return class extends EngineWebSocket {
    override createSocket(uri: string): ScriptedSocket {
      return new WebSocket(uri);
    }
  };
}

export const peers: readonly Member[] = [partysocket, partysocketJittered, reconnectingWebSocket, rews, socketIo];
