import { type BenchOptions, bench, describe } from 'vitest';
import { type AnyMessage, queue, ReliableSocket, type ReliableSocketOptions } from '../src/index.js';
import { AckingSocket, FakeSocket, OfflineSocket } from './support/fake-socket.js';

// CPU per message, beside a handler that only parses or stringifies. Only the ratio of the two means anything: it is
// what the summary says. Both speak to a fake socket, so the network, which costs far more, is not in it.

const BATCH = 500;
const WARMUP = 100;
const RUNS = 400;
const options: BenchOptions = {
  // By count, not by time, so that the frames can be made beforehand.
  time: 0,
  warmupTime: 0,
  iterations: RUNS,
  warmupIterations: WARMUP,
  throws: true,
  // ms of CPU, garbage collection included, so that other work of the machine does not count.
  now() {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000;
  },
};

/** Runs a whole batch, and fails if it had not the effect that it is measured for. */
const batch = (one: (n: number) => void, effects: () => number) => (): void => {
  const before = effects();
  for (let n = 0; n < BATCH; n += 1) one(n);
  const had = effects() - before;
  if (had !== BATCH) throw new Error(`${had} of ${BATCH} messages had an effect`);
};

const connect = async (
  WebSocket: typeof FakeSocket,
  more: ReliableSocketOptions<AnyMessage, AnyMessage> = {},
): Promise<{ socket: ReliableSocket; fake: FakeSocket }> => {
  const socket = new ReliableSocket('ws://fake', { WebSocket, ...more });
  if (WebSocket !== OfflineSocket) await socket.opened();
  return { socket, fake: FakeSocket.latest as FakeSocket };
};

const message = (n: number): AnyMessage => ({ type: 'chat', from: 'ann', text: 'something that a person said', n });

describe('in: numbered messages', async () => {
  // The numbers must grow. Two more batches: each loop tries its function once before it counts.
  const frames = Array.from({ length: (WARMUP + RUNS + 2) * BATCH }, (_, i) =>
    JSON.stringify({ ...message(i), seq: i + 1 }),
  );
  /** The same frames for each. */
  const source = (): (() => string) => {
    let next = 0;
    return () => frames[next++] ?? '';
  };

  const bare = new FakeSocket();
  let bareHeard = 0;
  bare.onmessage = ({ data }: { readonly data: string }) => {
    if (JSON.parse(data).type === 'chat') bareHeard += 1;
  };
  const forBare = source();
  bench(
    'bare',
    batch(
      () => bare.receive(forBare()),
      () => bareHeard,
    ),
    options,
  );

  const { socket, fake } = await connect(FakeSocket);
  let heard = 0;
  socket.onMessage('chat', () => {
    heard += 1;
  });
  const forSocket = source();
  bench(
    'ReliableSocket',
    batch(
      () => fake.receive(forSocket()),
      () => heard,
    ),
    options,
  );
});

/** What was written to a fake. */
const counting = (fake: FakeSocket): (() => number) => {
  let writes = 0;
  const send = fake.send.bind(fake);
  fake.send = (data) => {
    writes += 1;
    send(data);
  };
  return () => writes;
};

describe('out: queue()', async () => {
  // No pong comes, so the memory of unproved messages is full, as it is in the midst of a burst.
  const bare = new FakeSocket();
  bench(
    'bare',
    batch((n) => bare.send(JSON.stringify(message(n))), counting(bare)),
    options,
  );

  const { socket, fake } = await connect(FakeSocket);
  bench(
    'ReliableSocket',
    batch((n) => void socket.send(message(n)), counting(fake)),
    options,
  );
});

describe("out: queue({ ack: 'message' }), acked at once", async () => {
  const bare = new AckingSocket();
  let bareAcked = 0;
  bare.onmessage = ({ data }: { readonly data: string }) => {
    if (JSON.parse(data).type === 'ack') bareAcked += 1;
  };
  let id = 0;
  const sendBare = (n: number): void => {
    id += 1;
    bare.send(JSON.stringify({ ...message(n), messageId: `bare-${id}` }));
  };
  bench(
    'bare',
    batch(sendBare, () => bareAcked),
    options,
  );

  const { socket, fake } = await connect(AckingSocket, { defaultPolicy: queue({ ack: 'message' }) });
  const writes = counting(fake);
  const acked = (): number => writes() - socket.outbox.size;
  bench(
    'ReliableSocket',
    batch((n) => void socket.send(message(n)), acked),
    options,
  );
});

describe('out: while offline, into a full queue', async () => {
  // The bare one loses the message, as a socket that is closing does.
  const bare = new OfflineSocket();
  bench(
    'bare',
    batch((n) => bare.send(JSON.stringify(message(n))), counting(bare)),
    options,
  );

  const { socket } = await connect(OfflineSocket);
  let dropped = 0;
  socket.on('undelivered', () => {
    dropped += 1;
  });
  // 10,000 wait by default.
  for (let n = 0; n < 10_000; n += 1) socket.send(message(n));
  bench(
    'ReliableSocket',
    batch(
      (n) => void socket.send(message(n)),
      () => dropped,
    ),
    options,
  );
});
