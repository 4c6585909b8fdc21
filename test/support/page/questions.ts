import { journal, made, once, opened, outcome, type Questions } from './answers.js';

const URLS = [
  'ws://foo bar.com/',
  'ftp://example.test/',
  'mailto:a@b.test',
  'about:blank',
  'javascript:1',
  'ws:',
  'ws://',
  'ws://h:99999/',
  'ws://127.0.0.1:9/#',
  'ws://127.0.0.1:9/#x',
  'http://127.0.0.1:9/#x',
  '#x',
  'ws://127.0.0.1:25/',
  'WS://127.0.0.1:9',
  'ws://127.0.0.1:80/a b?ÿ',
  'http://127.0.0.1:9/x',
  'https://127.0.0.1:9/x',
  'ws://user:pass@127.0.0.1:9/',
  '',
  '?q',
  '/live',
  '../live',
  '//127.0.0.1:9/x',
  ' ws://127.0.0.1:9/ ',
  'ws://ex%00ample/',
  'ws://[::1]:9/',
];
const PROTOCOLS = [
  undefined,
  null,
  '',
  'chat',
  'a b',
  'a/b',
  'ä',
  'a\u0080',
  'a\u0001',
  'a,b',
  '(a)',
  '~|`^_',
  [],
  [''],
  ['a', 'b'],
  ['a', 'a'],
  ['a', 'A'],
  [1, true],
  {},
  5,
];
const CODES = [
  null,
  0,
  999,
  1000,
  1001,
  1005,
  2999,

  3000,
  4999,
  4999.4,
  5000,
  66536,
  -1,
  '1000',
  'x',
  {},
];

const described = (holder: object): unknown =>
  Reflect.ownKeys(holder)
    .filter((key) => !['reconnect', 'drainQueuedMessages', 'retryCount', 'arguments', 'caller'].includes(String(key)))
    .map((key) => {
      const { get, set, value, ...flags } = Object.getOwnPropertyDescriptor(holder, key) ?? {};
      const shapes = [get, set, value].map((one) =>
        typeof one === 'function' ? [one.name, one.length, outcome(() => one.call({}))] : typeof one,
      );
      return JSON.stringify([String(key), flags, shapes]);
    })
    .sort();

/** Answered at once. What they connect to does not matter. */
export const glances: Questions = {
  'what the class looks like': (Socket) => described(Socket),
  'what the prototype looks like': (Socket) => described(Socket.prototype),
  'what it inherits from': (Socket) => [
    Object.getPrototypeOf(Socket) === EventTarget,
    Object.getPrototypeOf(Socket.prototype) === EventTarget.prototype,
    Object.prototype.toString.call(Socket.prototype),
  ],
  'what for-in sees': (Socket) => {
    const socket = new Socket('ws://127.0.0.1:9');
    socket.close();
    const names: string[] = [];
    for (const name in socket) names.push(name);
    return names.sort();
  },
  'no argument': made(),
  ...Object.fromEntries(URLS.map((url) => [`the url ${JSON.stringify(url)}`, made(url)])),
  'a URL object': made(new URL('https://127.0.0.1:9/?q')),
  'an object with toString': made({ toString: () => 'ws://127.0.0.1:9' }),
  'a symbol': made(Symbol('x')),
  ...Object.fromEntries(PROTOCOLS.map((p) => [`the subprotocols ${JSON.stringify(p)}`, made('ws://127.0.0.1:9', p)])),
  'the calls of close()': (Socket) => {
    const socket = new Socket('ws://127.0.0.1:9');
    const results: unknown[] = [];
    for (const reason of [
      undefined,
      null,
      'why',
      'x'.repeat(123),
      'x'.repeat(124),
      'ä'.repeat(62),
      '\uD800'.repeat(42),
    ]) {
      for (const code of CODES) {
        results.push(
          outcome(() => socket.close(code as number, reason as string)),
          socket.readyState,
        );
      }
    }
    return results;
  },
};

/** Answered by a conversation with the server. */
export const conversations: Questions = {
  'close() while it connects': (Socket, server) => {
    const socket = new Socket(server);
    const ended = journal(socket, () => {});
    socket.close();
    return ended;
  },
  'a server that is not there': (Socket) => journal(new Socket('ws://127.0.0.1:9/'), () => {}),
  'a forbidden port': (Socket) => journal(new Socket('ws://127.0.0.1:25/'), () => {}),
  'a handshake that is refused': (Socket, server) => journal(new Socket(`${server}/refuse`), () => {}),
  'a subprotocol that was not offered': (Socket, server) => journal(new Socket(`${server}/strange`, 'mine'), () => {}),
  'a subprotocol of two': (Socket, server) =>
    journal(new Socket(server, ['one', 'two']), (socket, { type }) => type === 'open' && socket.close(1000, 'bye')),
  'a close by the server': (Socket, server) => journal(new Socket(`${server}/close?4001`), () => {}),
  'a close by the server without a code': (Socket, server) => journal(new Socket(`${server}/close?1005`), () => {}),
  'a link that is cut': (Socket, server) => journal(new Socket(`${server}/cut`), () => {}),
  'texts and bytes there and back': (Socket, server) => {
    const messages = [
      '',
      'text',
      'ä€😀',
      '\uD800',
      new Uint8Array([1, 2]),
      new DataView(new ArrayBuffer(3)),
      new Blob(['x']),
    ];
    let answers = 0;
    return journal(new Socket(server), (socket, { type }) => {
      if (type === 'open') for (const message of messages) socket.send(message);
      if (type === 'message' && ++answers === messages.length) socket.close();
    });
  },
  'binaryType on the way': async (Socket, server) => {
    const socket = await opened(new Socket(server));
    const kinds: unknown[] = [];
    for (const type of ['arraybuffer', 'blob', 'nonsense', 'arraybuffer']) {
      socket.binaryType = type as BinaryType;
      socket.send(new Uint8Array([1]));
      const { data } = (await once(socket, 'message')) as MessageEvent;
      kinds.push(socket.binaryType, Object.prototype.toString.call(data));
    }
    socket.close();
    return kinds;
  },
  'what send() takes and answers, and the bytes that wait': async (Socket, server) => {
    const socket = await opened(new Socket(server));
    const results: unknown[] = [];
    const values = [
      'ä',
      null,
      undefined,
      5,
      {},
      [],
      Symbol('x'),
      new ArrayBuffer(4),
      new Uint16Array(2),
      new Blob(['abc']),
    ];
    for (const value of values) {
      results.push(
        outcome(() => socket.send(value as string)),
        socket.bufferedAmount,
      );
    }
    results.push(outcome(() => (socket.send as () => void)()));
    socket.close();
    const before = socket.bufferedAmount;
    results.push(
      outcome(() => socket.send('äbc')),
      socket.bufferedAmount - before,
      socket.readyState,
    );
    await once(socket, 'close');
    results.push(
      outcome(() => socket.send(new Blob(['12']))),
      socket.bufferedAmount - before,
      socket.readyState,
    );
    return results;
  },
  'a close with a reason': async (Socket, server) => {
    const ends: unknown[] = [];
    for (const args of [[], [1000], [3000, ''], [4999, '\uD800'], [1000, 'ä'.repeat(61)]]) {
      const socket = await opened(new Socket(server));
      (socket.close as (...args: unknown[]) => void)(...args);
      ends.push(socket.readyState);
      const { code, reason, wasClean } = (await once(socket, 'close')) as CloseEvent;
      ends.push([code, reason, wasClean, socket.readyState]);
    }
    return ends;
  },
  'event handlers': async (Socket, server) => {
    const socket = new Socket(server);
    const seen: unknown[] = [socket.onopen];
    for (const value of [5, 'x', {}, () => 1, null, [], undefined, Symbol('x')]) {
      const assigned = outcome(() => Object.assign(socket, { onmessage: value }) && socket.onmessage === value);
      seen.push(assigned, typeof socket.onmessage);
    }
    socket.onopen = () => seen.push('handler that is replaced');
    socket.addEventListener('open', () => seen.push('listener'));
    socket.onopen = function () {
      seen.push('handler', this === socket);
    };
    socket.addEventListener('open', { handleEvent: () => seen.push('object') });
    Object.assign(socket, { onmessage: { handleEvent: () => seen.push('never') } });
    await once(socket, 'open');
    socket.onopen = null;
    socket.onopen = () => false;
    seen.push(socket.dispatchEvent(new Event('open', { cancelable: true })));
    socket.close();
    await once(socket, 'close');
    return seen;
  },
  'a listener that throws': async (Socket, server) => {
    const reported: string[] = [];
    const report = (event: ErrorEvent): void => {
      event.preventDefault();
      reported.push(event.message);
    };
    addEventListener('error', report);
    const socket = new Socket(server);
    socket.onopen = () => {
      throw new Error('oops');
    };
    socket.addEventListener('open', () => reported.push('reached'));
    await once(socket, 'open');
    socket.close();
    await once(socket, 'close');
    removeEventListener('error', report);
    return reported;
  },
};
