import { NaiveClient } from '../../../src/cli/demo/naive-client.js';
import { type ClientSide, type Contestant, toldNothing } from '../contestant.js';
import { serveReference } from './reference.js';

/** The client that everybody writes first, as in the demo. It has its own timing and carries numbers only. */
export const naive: Contestant = {
  name: 'naive',
  promised: 'nothing',
  serve: (onNote) => serveReference(onNote),
  connect({ port, random, onNote }): ClientSide {
    const client = new NaiveClient({ url: `ws://127.0.0.1:${port}`, random, onTick: (n) => onNote({ n }) });
    return {
      get isOpen() {
        return client.isOpen;
      },
      get reconnects() {
        return client.reconnects;
      },
      waiting: 0,
      told: toldNothing,
      send: ({ n }) => client.send(n),
      close: () => client.close(),
    };
  },
};
