/** What the tests run within a page: the class, the consumers, and questions whose answers must be those of the native class. */
import { ReconnectingWebSocket, type ReconnectingWebSocketOptions } from '../../../src/websocket/index.js';
import { throughGraphql } from '../consumers/graphql.js';
import type { Report, SocketClass, Victim } from '../consumers/report.js';
import { throughYjs } from '../consumers/yjs.js';
import { once, type Questions } from './answers.js';
import { conversions } from './conversions.js';
import { order } from './order.js';
import { conversations, glances } from './questions.js';

const consumers = { graphql: throughGraphql, yjs: throughYjs };

export interface Answers {
  readonly native: unknown;
  readonly ours: unknown;
}

export interface DropInPage {
  /** The answer of the native class, and that of ours in its place. */
  ask(name: string, server: string): Promise<Answers>;
  /** The same, in a dedicated worker whose script is this one. */
  askInWorker(name: string, server: string): Promise<Answers>;
  /** The server is restarted through functions that the test has put into the page. */
  consume(consumer: 'graphql' | 'yjs', options: ReconnectingWebSocketOptions, url: string): Promise<Report>;
}

const questions: Questions = { ...glances, ...conversions, ...conversations, ...order };
let worker: Worker | undefined;

const page: DropInPage = {
  async ask(name, server) {
    const question = questions[name];
    if (!question) throw new Error(`no question "${name}"`);
    const native = await question(WebSocket, server);
    const ours = await question(ReconnectingWebSocket, server);
    return { native, ours };
  },
  async askInWorker(name, server) {
    worker ??= new Worker('/worker.js');
    const answered = once(worker, 'message');
    worker.postMessage([name, server]);
    return ((await answered) as MessageEvent<Answers>).data;
  },
  consume(consumer, options, url) {
    // Safe: the test has put it there.
    const { restartServer, countAtServer } = globalThis as unknown as {
      restartServer: Victim['restart'];
      countAtServer: Victim['connections'];
    };
    const dropIn: SocketClass = class extends ReconnectingWebSocket {
      constructor(to: string | URL, protocols?: string | string[]) {
        super(to, protocols, { minReconnectionDelay: 20, maxReconnectionDelay: 100, ...options });
      }
    };
    return consumers[consumer](dropIn, { url, connections: countAtServer, restart: restartServer });
  },
};
Object.assign(globalThis, { page });
if (!globalThis.document) {
  addEventListener('message', async ({ data: [name, server] }) => postMessage(await page.ask(name, server)));
}
