import { made, outcome, type Questions } from './answers.js';

const HOST = 'ws://127.0.0.1:9';

/** Values for which WebIDL has rules of their own, each made anew: a generator can be used only once. */
const PROTOCOLS: Readonly<Record<string, () => unknown>> = {
  'a String object': () => new String('ab'),
  'a Set': () => new Set(['a', 'b']),
  'a generator': () =>
    (function* () {
      yield 'a';
    })(),
  'what looks like an array': () => ({ 0: 'a', length: 1 }),
  'an array with a hole': () => new Array(1).concat('a'),
  'an iterator method of null': () => ({ [Symbol.iterator]: null, toString: () => 'a' }),
  'an iterator method of undefined': () => ({ [Symbol.iterator]: undefined, toString: () => 'a' }),
  'an iterator method that is none': () => ({ [Symbol.iterator]: 5 }),
  'a symbol': () => Symbol('a'),
  'a list with a symbol': () => [Symbol('a')],
  'an object that refuses': () => ({
    toString: () => {
      throw new RangeError();
    },
  }),
};

/** No halves among the codes: Chromium cuts them off, where WebIDL and this class round. */
const CLOSINGS: readonly unknown[][] = [
  [1000n],
  [Symbol('x')],
  [[1000]],
  [true],
  ['0xbb8'],
  [' 3000 '],
  [''],
  [-0],
  [Number.POSITIVE_INFINITY],
  [{ valueOf: () => 4000 }],
  [{ toString: () => 'x' }],
  [Object.create(null)],
  [1000, Symbol('x')],
  [1000, { toString: () => 'why' }],
  [1001, Symbol('x')],
  [1000, '\uD800'.repeat(41)],
  [1000, '\uD83D\uDE00'.repeat(31)],
  [3000, 5],
  [1000, null, 'one more'],
];

/** How arguments become what the interface takes: WebIDL section 3.2. Answered at once. */
export const conversions: Questions = {
  ...Object.fromEntries(
    Object.entries(PROTOCOLS).map(([name, make]) => [
      `the subprotocols: ${name}`,
      (Socket, server) => made(HOST, make())(Socket, server),
    ]),
  ),
  'which characters a subprotocol may have': (Socket) => {
    let allowed = '';
    for (let code = 0; code < 0x180; code++) {
      const character = String.fromCharCode(code);
      if (outcome(() => new Socket(HOST, `a${character}b`).close()) === undefined) allowed += character;
    }
    return allowed;
  },
  'the ports that are forbidden': (Socket, server) =>
    [1, 7, 22, 25, 53, 80, 110, 443, 993, 5060, 6000, 6667, 10080, 65535].map((port) =>
      made(`ws://127.0.0.1:${port}/`)(Socket, server),
    ),
  'when it converts what': (Socket) => {
    const seen: string[] = [];
    const said = (text: string, name: string): unknown => ({
      toString() {
        seen.push(name);
        return text;
      },
    });
    function* listed() {
      seen.push('list');
      yield said('one', 'first');
      yield said('two', 'second');
      seen.push('end');
    }
    // Safe: the point is what it does with arguments of any type.
    const Loose = Socket as unknown as new (...args: unknown[]) => WebSocket;
    const socket = new Loose(said(HOST, 'url'), listed());
    const code = { valueOf: () => seen.push('code') && 1001 };
    seen.push(`${outcome(() => (socket.close as (...args: unknown[]) => void)(code, said('why', 'reason')))}`);
    Object.assign(socket, { binaryType: said('arraybuffer', 'binaryType') });
    seen.push(socket.binaryType, `${outcome(() => Object.assign(socket, { binaryType: Symbol('x') }))}`);
    socket.close();
    return seen;
  },
  'the arguments of close()': (Socket) =>
    CLOSINGS.map((args) => {
      const socket = new Socket(HOST);
      const close = (): unknown => (socket.close as (...args: unknown[]) => unknown)(...args);
      const result = [outcome(close), socket.readyState];
      socket.close();
      return result;
    }),
  'a call without new, and a construction for another class': (Socket) => {
    const made = Reflect.construct(Socket, [HOST], Array) as WebSocket;
    Reflect.apply(Socket.prototype.close, made, []);
    class Mine extends Socket {}
    const mine = new Mine(HOST);
    mine.close();
    return [
      outcome(() => (Socket as unknown as (url: string) => void)(HOST)), // safe: a call that TypeScript forbids
      Object.getPrototypeOf(made) === Array.prototype,
      [mine instanceof Socket, mine instanceof EventTarget, `${mine}`, Mine.name, Mine.OPEN, Mine.length],
    ];
  },
  'what an instance has of its own, and what can be assigned to it': (Socket) => {
    const socket = new Socket(HOST);
    const own = [Reflect.ownKeys(socket), JSON.stringify(socket), Object.isExtensible(socket)];
    const assigned = ['url', 'readyState', 'bufferedAmount', 'protocol', 'extensions', 'OPEN', 'send', 'mine'].map(
      (name) => [name, `${outcome(() => Object.assign(socket, { [name]: 5 }) === socket)}`, Reflect.get(socket, name)],
    );
    socket.close();
    return [own, assigned];
  },
};
