import { WebSocket } from 'ws';
import { type Gap, queue, ReliableSocket } from '../../src/index.js';
import { memoryLog } from '../../src/server/index.js';
import { seededRandom } from '../../src/testing/random.js';
import { startCompanion } from './companion.js';
import { fuzz } from './fuzz.js';
import { heldBytes } from './memory.js';
import { until } from './until.js';

export interface Siege {
  readonly attacks: Readonly<Record<string, number>>;
  /** What honest clients sent, in order, and what each of them heard. */
  readonly sent: readonly number[];
  readonly heard: readonly (readonly number[])[];
  /** What honest clients noticed: gaps, lost links, messages that were not acked. */
  readonly noticed: readonly string[];
  /** Bytes that the process holds more than before. */
  readonly grown: number;
  /** The most that clients left unread at a time, and how many were there. */
  readonly buffered: number;
  readonly connections: number;
  /** What the server told as its own errors. */
  readonly errors: readonly string[];
}

/** A server under attack, with two honest clients beside. */
export async function besiege(seed: number, ms: number): Promise<Siege> {
  const errors: string[] = [];
  const { port, url, server, stop } = await startCompanion({
    log: memoryLog({ maxMessages: 5_000, keepIds: 5_000 }),
    limits: { stalled: 3_000, channels: 200 },
    authorize: (_client, channel) => channel === 'honest' || /^\d+$/.test(channel),
    onMessage: (message, { channel }) => (message.type === 'n' ? { publish: message, channel } : undefined),
    onError: (error) => errors.push(error.message),
  });
  const noticed: string[] = [];
  const heard: number[][] = [];
  const sockets = [1, 2].map(() => new ReliableSocket(url, { WebSocket, policies: { n: queue({ ack: 'message' }) } }));
  const honest = sockets.map((socket, name) => {
    const channel = socket.channel('honest');
    const numbers: number[] = [];
    heard.push(numbers);
    channel.onMessage('n', ({ n }) => numbers.push(Number(n)));
    channel.on('gap', (gap: Gap) => noticed.push(`${name}: gap ${gap.reason}`));
    socket.on('close', ({ code }) => noticed.push(`${name}: closed ${code}`));
    return channel;
  });
  await until(() => honest.every(({ state }) => state.status === 'subscribed'), { message: 'the honest are there' });
  const before = await heldBytes();
  const sent: number[] = [];
  let [buffered, connections] = [0, 0];
  let over = false;
  const talk = async (): Promise<void> => {
    while (!over) {
      sent.push(sent.length + 1);
      const receipt = honest[0]!.send({ type: 'n', n: sent.length });
      const { outcome } = await receipt.settled;
      if (outcome !== 'acked') noticed.push(`${sent.length}: ${outcome}`);
      buffered = Math.max(buffered, server.stats().buffered);
      connections = Math.max(connections, server.stats().connections);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const talking = talk();
  const attacks = await fuzz({ port, random: seededRandom(seed), ms, isEnough: () => sent.length > 50 });
  over = true;
  await talking;
  await until(() => heard.every(({ length }) => length >= sent.length), { message: 'the honest heard all' });
  // Whoever was left behind is found.
  await until(() => server.stats().connections === 2, { message: 'only the honest are left' });
  const grown = (await heldBytes()) - before;
  // Their own end is none of it.
  const told = [...noticed];
  await Promise.all(sockets.map((socket) => socket.close()));
  await stop();
  return { attacks, sent, heard, noticed: told, grown, buffered, connections, errors };
}
