import type { AnyMessage, Continuation, OutboxStore, StoredMessage } from '../index.js';

/** What the checks work with: your store, over data that outlives it. */
export interface StoreSubject {
  /** A new life of the app: opens the store over the data of this name. A name that was never used has no data. */
  open(name: string): OutboxStore | Promise<OutboxStore>;
  /** Ends a life as a crash would: what was resolved is kept. @default calls `close()`, if the store has it */
  crash?(store: OutboxStore): Promise<void>;
  /** Several lives may be open over the same data, as tabs are. @default false */
  readonly tabs?: boolean;
}

/** One rule of the contract. Works in any test runner: `run` rejects with what was wrong. */
export interface StoreCheck {
  readonly name: string;
  run(subject: StoreSubject): Promise<void>;
}

type Check = (life: () => Promise<OutboxStore>, subject: StoreSubject) => Promise<void>;

const order = (fields: object): AnyMessage => ({ type: 'order', ...fields });
const message = (n: number, more: Partial<StoredMessage> = {}): StoredMessage => ({
  id: `id-${n}`,
  message: order({ n }),
  createdAt: 1_700_000_000_000 + n,
  ...more,
});
const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

/** Looks the same to JSON: fields without a value may come and go, and so may `bytes`. */
const text = (value: unknown): string => JSON.stringify(value, (key, field) => (key === 'bytes' ? undefined : field));
const expectMessages = (action: string, got: readonly StoredMessage[], wanted: readonly StoredMessage[]): void => {
  const plain = ({ id, message, channel, createdAt, subject }: StoredMessage): Partial<StoredMessage> => {
    return { id, message, channel, createdAt, subject };
  };
  expectSame(action, got.map(plain), wanted.map(plain));
};
const expectSame = (action: string, got: unknown, wanted: unknown): void => {
  if (text(got) !== text(wanted)) throw new Error(`${action}: got ${text(got)}, wanted ${text(wanted)}`);
};
const crash = async (store: OutboxStore, subject: StoreSubject): Promise<void> => {
  await (subject.crash ? subject.crash(store) : store.close?.());
};

const checks: Readonly<Record<string, Check>> = {
  async 'is empty at first'(life) {
    expectMessages('load', await (await life()).load(), []);
  },
  async 'gives each message back, whole'(life, subject) {
    const nested = {
      type: 'order',
      text: 'gr\u00fc\u00df \ud83d\ude00 "\u0000',
      list: [1, { a: null }],
      deep: { b: [true] },
    };
    const sent = [
      message(1, { channel: 'room:7', subject: 'ann' }),
      message(2, { message: nested }),
      message(3, { createdAt: 1.5 }),
    ];
    const first = await life();
    await first.load();
    for (const one of sent) await first.put(one);
    await crash(first, subject);
    expectMessages('load in the next life', await (await life()).load(), sent);
  },
  async 'keeps the order of many that come at once'(life, subject) {
    const sent = upTo(300).map((n) => message(n));
    const first = await life();
    await first.load();
    await Promise.all(sent.map((one) => first.put(one)));
    await crash(first, subject);
    expectMessages('load in the next life', await (await life()).load(), sent);
  },
  async 'keeps the order over several lives'(life, subject) {
    for (const n of upTo(5)) {
      const store = await life();
      expectMessages(
        `load in life ${n}`,
        await store.load(),
        upTo(n).map((m) => message(m)),
      );
      await store.put(message(n));
      await crash(store, subject);
    }
  },
  async 'forgets what was removed, and nothing else'(life, subject) {
    const first = await life();
    await first.load();
    await Promise.all(upTo(10).map((n) => first.put(message(n))));
    await Promise.all([0, 4, 9].map((n) => first.remove(`id-${n}`)));
    await first.remove('never-put');
    await crash(first, subject);
    const second = await life();
    const left = [1, 2, 3, 5, 6, 7, 8];
    expectMessages(
      'load in the next life',
      await second.load(),
      left.map((n) => message(n)),
    );
    await second.remove('id-1');
    await crash(second, subject);
    expectMessages(
      'load in the third life',
      await (await life()).load(),
      left.slice(1).map((n) => message(n)),
    );
  },
  async 'forgets what is removed while it is put'(life, subject) {
    const first = await life();
    await first.load();
    const put = first.put(message(1));
    const removed = first.remove('id-1');
    await Promise.all([put, removed, first.put(message(2))]);
    await crash(first, subject);
    expectMessages('load in the next life', await (await life()).load(), [message(2)]);
  },
  async 'takes an id again once it was removed'(life, subject) {
    const first = await life();
    await first.load();
    await first.put(message(1));
    await first.remove('id-1');
    await first.put(message(1, { message: { type: 'again' } }));
    await crash(first, subject);
    expectMessages('load in the next life', await (await life()).load(), [message(1, { message: { type: 'again' } })]);
  },
  async 'keeps a message as it was when it was put'(life, subject) {
    const first = await life();
    await first.load();
    const mine = { type: 'order', n: 1 };
    const put = first.put(message(1, { message: mine }));
    mine.n = 2;
    await put;
    mine.n = 3;
    await crash(first, subject);
    expectMessages('load in the next life', await (await life()).load(), [message(1)]);
  },
  async 'takes what is put before it was loaded'(life, subject) {
    const first = await life();
    await Promise.all([first.put(message(1)), first.load()]);
    await crash(first, subject);
    expectMessages('load in the next life', await (await life()).load(), [message(1)]);
  },
  async 'takes a long message'(life, subject) {
    const long = message(1, { message: order({ text: 'x'.repeat(500_000) }) });
    const first = await life();
    await first.load();
    await first.put(long);
    await crash(first, subject);
    expectMessages('load in the next life', await (await life()).load(), [long]);
  },
  async 'loads again after close()'(life) {
    const store = await life();
    await store.load();
    await store.put(message(1));
    await store.close?.();
    expectMessages('load after close()', await store.load(), [message(1)]);
    await store.put(message(2));
    await store.remove('id-1');
    await store.close?.();
    expectMessages('load after the second close()', await store.load(), [message(2)]);
  },
  async 'goes on as the same client, with a higher number for each life'(life, subject) {
    let dialled = 0;
    let client: string | undefined;
    for (const n of upTo(4)) {
      const store = await life();
      await store.load();
      if (!store.resume) return;
      let place: Continuation = { client: 'mine', conn: 0, cursors: [] };
      const left = await store.resume(() => place);
      if (n > 0 && !left) throw new Error(`resume in life ${n}: got nothing, wanted the client of the earlier life`);
      place = { ...place, ...left };
      if (n > 0) expectSame(`resume in life ${n}: client`, place.client, client);
      if (place.conn < dialled) {
        throw new Error(`resume in life ${n}: conn is ${place.conn}, wanted at least ${dialled}, which was dialled`);
      }
      client = place.client;
      dialled = place.conn + 50;
      place = { ...place, conn: dialled };
      await crash(store, subject);
    }
  },
  async 'has no cursor that is ahead of the listeners'(life, subject) {
    let place: Continuation = {
      client: 'mine',
      conn: 0,
      cursors: [
        { seq: 7, epoch: 'e' },
        { channel: 'a', seq: 3 },
      ],
    };
    const first = await life();
    await first.load();
    if (!first.resume) return;
    await first.resume(() => place);
    place = {
      ...place,
      cursors: [
        { seq: 9, epoch: 'e' },
        { channel: 'a', seq: 3 },
      ],
    };
    await crash(first, subject);
    const second = await life();
    await second.load();
    for (const { channel, seq } of (await second.resume?.(() => place))?.cursors ?? []) {
      const most = place.cursors.find((cursor) => cursor.channel === channel)?.seq ?? -Infinity;
      if (seq > most) throw new Error(`resume: the cursor of "${channel}" is ${seq}, wanted ${most} at most`);
    }
  },
  async 'keeps the messages and the client of two tabs apart'(life, { tabs }) {
    if (!tabs) return;
    const both = [await life(), await life()];
    const left = await Promise.all(both.map((store) => store.load()));
    expectSame('load in both tabs', left, [[], []]);
    const clients: (string | undefined)[] = [];
    for (const [n, store] of both.entries()) {
      clients.push((await store.resume?.(() => ({ client: `mine-${n}`, conn: 0, cursors: [] })))?.client);
      await store.put(message(n));
    }
    if (clients[0] !== undefined && clients[0] === clients[1]) {
      throw new Error(`resume: two tabs are both "${clients[0]}", wanted one client for each`);
    }
    const third = await life();
    expectMessages('load in a third tab', await third.load(), []);
  },
  async 'gives the messages of tabs that are gone to the next one'(life, subject) {
    if (!subject.tabs) return;
    const both = [await life(), await life()];
    for (const [n, store] of both.entries()) {
      await store.load();
      await store.put(message(n));
    }
    for (const store of both) await crash(store, subject);
    const next = await (await life()).load();
    expectSame('load', next.map(({ id }) => id).sort(), ['id-0', 'id-1']);
  },
};

let names = 0;

/** What a store has to do, rule by rule: run each of them against yours. */
export const storeChecks: readonly StoreCheck[] = Object.entries(checks).map(([name, check]) => ({
  name,
  async run(subject) {
    // Plain JavaScript may hand over the store itself.
    if (typeof subject?.open !== 'function')
      throw new TypeError('run: subject.open is no function, wanted one that opens a store');
    const data = `store-contract-${Date.now()}-${++names}`;
    const open: OutboxStore[] = [];
    const life = async (): Promise<OutboxStore> => {
      const store = await subject.open(data);
      open.push(store);
      return store;
    };
    try {
      await check(life, subject);
    } finally {
      for (const store of open) await store.close?.();
    }
  },
}));
