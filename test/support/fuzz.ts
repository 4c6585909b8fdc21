import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { WebSocket } from 'ws';

/** What a hostile client may do, each with a name for the tally. */
type Attack = (victim: Victim, random: () => number) => void | Promise<void>;

/** One hostile connection. */
interface Victim {
  readonly socket: WebSocket;
  readonly port: number;
}

export interface FuzzOptions {
  readonly port: number;
  readonly random: () => number;
  /** At least so long, */
  readonly ms: number;
  /** and until this says so: a busy machine needs more time for the same. */
  readonly isEnough: () => boolean;
}

const NASTY_VALUES: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  2 ** 53,
  1e308,
  -0,
  '',
  '\0',
  '__proto__',
  'constructor',
  'toString',
  '\u{1f4a9}'.repeat(50),
  'x'.repeat(5_000),
  [],
  [[[[]]]],
  {},
  { __proto__: { polluted: true } },
  { toString: 'no', toJSON: 'no' },
];
const TYPES = 'ping pong auth subscribe unsubscribe welcome subscribed unsubscribed reset ack nack goaway x'.split(' ');
const FIELDS = 'channel ref lastSeq epoch client conn t token messageId messageIds seq data code __proto__ then'.split(
  ' ',
);

const pick = <T>(random: () => number, list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
const wrongFrame = (random: () => number): string => {
  const members = FIELDS.filter(() => random() < 0.4).map(
    (field) => `${JSON.stringify(field)}:${JSON.stringify(pick(random, NASTY_VALUES)) ?? 'null'}`,
  );
  return `{"type":${JSON.stringify(pick(random, TYPES))}${members.map((member) => `,${member}`).join('')}}`;
};
const noise = (random: () => number, length: number): Buffer =>
  Buffer.from(Array.from({ length }, () => Math.floor(random() * 256)));
const many = (count: number, each: (n: number) => void): void => {
  for (let n = 0; n < count; n += 1) each(n);
};

export const attacks: Readonly<Record<string, Attack>> = {
  'wrong types': ({ socket }, random) => many(30, () => socket.send(wrongFrame(random))),
  'random text': ({ socket }, random) => socket.send(noise(random, 200).toString('latin1')),
  'random bytes': ({ socket }, random) => socket.send(noise(random, 200)),
  'half a frame': ({ socket }, random) => {
    const frame = wrongFrame(random);
    socket.send(frame.slice(0, Math.floor(random() * frame.length)));
  },
  'deep nesting': ({ socket }) => socket.send(`{"type":"x","a":${'['.repeat(20_000)}${']'.repeat(20_000)}}`),
  'deep nesting that is to be echoed': ({ socket }) =>
    socket.send(`{"type":"ping","t":${'['.repeat(20_000)}${']'.repeat(20_000)}}`),
  'huge frame': ({ socket }) => socket.send('x'.repeat(10_000_000)),
  'huge numbers': ({ socket }) =>
    socket.send('{"type":"subscribe","channel":"honest","ref":1e999,"lastSeq":9e999,"epoch":"e"}'),
  'prototype keys': ({ socket }) =>
    socket.send(
      '{"type":"x","__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"messageId":"p"}',
    ),
  'many subscribes': ({ socket }, random) =>
    many(20_000, (n) => socket.send(`{"type":"subscribe","channel":"${Math.floor(random() * 1e9)}","ref":${n}}`)),
  'one channel again and again': ({ socket }) =>
    many(2_000, (ref) => socket.send(`{"type":"subscribe","channel":"honest","ref":${ref},"lastSeq":0}`)),
  'acks for nothing': ({ socket }) => many(100, (n) => socket.send(`{"type":"ack","messageId":"${n}"}`)),
  'a cursor in the future': ({ socket }) =>
    many(50, (ref) =>
      socket.send(`{"type":"subscribe","channel":"honest","ref":${ref},"lastSeq":${2 ** 53 - 1 - ref}}`),
    ),
  'pings without reading': ({ socket }) => {
    socket.pause();
    many(5_000, (t) => socket.send(`{"type":"ping","t":${t}}`));
  },
  'a replay without reading': ({ socket }) => {
    socket.pause();
    socket.send('{"type":"subscribe","channel":"honest","ref":1,"lastSeq":0}');
  },
  'messages to other channels': ({ socket }) =>
    many(50, (n) => socket.send(`{"type":"x","channel":"other","n":${n},"messageId":"${n}"}`)),
  'bad framing': ({ port }, random) => {
    const raw = connect(port, '127.0.0.1');
    raw.on('error', () => {});
    raw.write('GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n');
    raw.write('Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n');
    raw.write(noise(random, 500));
    setTimeout(() => raw.destroy(), 200).unref();
  },
};

const query = (random: () => number): string => {
  const value = (): string => encodeURIComponent(String(pick(random, NASTY_VALUES.slice(0, 15))));
  const parameters = ['lastSeq', 'epoch', 'client', 'conn', 'token'].filter(() => random() < 0.5);
  return parameters.map((name) => `${name}=${value()}`).join('&');
};

/** Attacks a server on 127.0.0.1 with a few connections at a time. Resolves with how often each attack was made. */
export async function fuzz({ port, random, ms, isEnough }: FuzzOptions): Promise<Record<string, number>> {
  const tally: Record<string, number> = {};
  const end = performance.now() + ms;
  const names = Object.keys(attacks);
  let due: string[] = [];
  const one = async (): Promise<void> => {
    while (performance.now() < end || !isEnough()) {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/?${query(random)}`);
      socket.on('error', () => {});
      const opened = new Promise<boolean>((resolve) => {
        socket.once('open', () => resolve(true)).once('close', () => resolve(false));
      });
      if (await opened) {
        if (due.length === 0) due = [...names].sort(() => random() - 0.5);
        const name = due.pop()!;
        tally[name] = (tally[name] ?? 0) + 1;
        await attacks[name]!({ socket, port }, random);
        await pause(random() * 50);
      }
      // Some leave, and some are left behind for the server to find.
      if (random() < 0.7) socket.terminate();
      else setTimeout(() => socket.terminate(), 2_000).unref();
    }
  };
  await Promise.all([one(), one(), one()]);
  return tally;
}
