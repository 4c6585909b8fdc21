import { describe, expect, it, vi } from 'vitest';
import { ReliableSocketError } from '../../src/errors.js';
import { createMessages, type Messages } from '../../src/messages.js';

type Tick = { readonly type: 'tick'; readonly n: number; readonly seq?: number };
const tick = (n: number, more: object = {}): Tick => ({ type: 'tick', n, ...more });
const made = (): { messages: Messages; onThrow: ReturnType<typeof vi.fn> } => {
  const onThrow = vi.fn();
  return { messages: createMessages(onThrow), onThrow };
};
const rest = async <T>(loop: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const one of loop) all.push(one);
  return all;
};

describe('createMessages', () => {
  it('tells those of the type, then those of all', () => {
    const { messages } = made();
    const told: string[] = [];
    messages.on(() => told.push('all'), undefined);
    messages.on('tick', () => told.push('tick'));
    messages.tell(tick(1));
    expect(told).toEqual(['tick', 'all']);
    messages.tell({ type: 'other' });
    expect(told).toEqual(['tick', 'all', 'all']);
  });

  it('takes types that are names of members of every object', () => {
    const { messages } = made();
    messages.tell({ type: 'constructor' } as never);
    const listener = vi.fn();
    messages.on('__proto__', listener);
    messages.tell({ type: '__proto__' } as never);
    expect(listener).toHaveBeenCalledOnce();
  });

  it.each([
    ['tick', undefined],
    ['tick', 7],
    [7, () => {}],
    [undefined, () => {}],
    [null, undefined],
  ])('throws for (%o, %o)', (type, listener) => {
    expect(() => made().messages.on(type, listener)).toThrow(expect.objectContaining({ code: 'bad-call' }));
  });

  it('tells what a listener threw, and goes on', () => {
    const { messages, onThrow } = made();
    const error = new Error('mine');
    const after = vi.fn();
    messages.on('tick', () => {
      throw error;
    });
    messages.on(after, undefined);
    messages.tell(tick(1));
    expect(onThrow).toHaveBeenCalledExactlyOnceWith(error, 'onMessage');
    expect(after).toHaveBeenCalledOnce();
  });

  it('takes a listener away, by its function or by a signal, also one of all', () => {
    const { messages } = made();
    const listener = vi.fn();
    const controller = new AbortController();
    const off = messages.on('tick', listener);
    messages.on(listener, { signal: controller.signal });
    messages.on('tick', listener, { signal: controller.signal });
    off();
    controller.abort();
    messages.tell(tick(1));
    expect(listener).not.toHaveBeenCalled();
  });

  describe('iterate', () => {
    it('gives what comes from now on, of its type', async () => {
      const { messages } = made();
      messages.tell(tick(0));
      const loop = messages.iterate('tick');
      messages.tell(tick(1));
      messages.tell({ type: 'other' });
      messages.tell(tick(2));
      messages.end();
      messages.tell(tick(3));
      expect(await rest(loop)).toEqual([tick(1), tick(2)]);
    });

    it('gives all types where none is named', async () => {
      const { messages } = made();
      const loop = messages.iterate(undefined);
      messages.tell(tick(1));
      messages.tell({ type: 'other' });
      messages.end();
      expect(await rest(loop)).toEqual([tick(1), { type: 'other' }]);
    });

    it('wakes all who wait, each with one of its own', async () => {
      const { messages } = made();
      const loop = messages.iterate('tick');
      const waiting = [loop.next(), loop.next(), loop.next()];
      await Promise.resolve();
      messages.tell(tick(1));
      messages.tell(tick(2));
      messages.end();
      expect(await Promise.all(waiting)).toEqual([
        { value: tick(1), done: false },
        { value: tick(2), done: false },
        { value: undefined, done: true },
      ]);
    });

    it('answers in the order of asking, also who asks in the task in which messages come', async () => {
      const { messages } = made();
      const loop = messages.iterate('tick', { limit: 1 });
      const answers = [loop.next()];
      // The first one is given away, so it does not wait.
      messages.tell(tick(1));
      messages.tell(tick(2));
      answers.push(loop.next(), loop.next());
      messages.tell(tick(3));
      expect((await Promise.all(answers)).map(({ value }) => value)).toEqual([tick(1), tick(2), tick(3)]);
    });

    it('tells the first of all who wait with what error it ended', async () => {
      const { messages } = made();
      const loop = messages.iterate('tick');
      const [first, second] = [loop.next(), loop.next()];
      messages.end(new ReliableSocketError('channel-refused', 'why'));
      await expect(first).rejects.toThrow('why');
      expect(await second).toEqual({ value: undefined, done: true });
    });

    it('gives what it has, then an error that names the first one missed, then ends', async () => {
      const { messages } = made();
      const loop = messages.iterate('tick', { limit: 2 });
      for (let n = 1; n <= 4; n++) messages.tell(tick(n, { seq: 40 + n }));
      expect((await loop.next()).value).toEqual(tick(1, { seq: 41 }));
      expect((await loop.next()).value).toEqual(tick(2, { seq: 42 }));
      await expect(loop.next()).rejects.toMatchObject({
        code: 'iterator-overflow',
        message: expect.stringContaining('missed "tick" with seq 43'),
      });
      expect(await loop.next()).toEqual({ value: undefined, done: true });
    });

    it('ends with an error of which it is told', async () => {
      const { messages } = made();
      const loop = messages.iterate('tick');
      messages.tell(tick(1));
      messages.end(new ReliableSocketError('channel-refused', 'why'));
      expect((await loop.next()).value).toEqual(tick(1));
      await expect(loop.next()).rejects.toThrow('why');
    });

    it('names the type alone where there is no number', async () => {
      const { messages } = made();
      const loop = messages.iterate('tick', { limit: 1 });
      messages.tell(tick(1));
      messages.tell(tick(2));
      messages.end();
      await loop.next();
      await expect(loop.next()).rejects.toThrow('missed "tick" and');
    });

    it('lets a thousand wait if nothing else is said', async () => {
      const { messages } = made();
      const loop = messages.iterate('tick');
      for (let n = 1; n <= 1_001; n++) messages.tell(tick(n));
      for (let n = 1; n <= 1_000; n++) expect((await loop.next()).value).toEqual(tick(n));
      await expect(loop.next()).rejects.toMatchObject({ code: 'iterator-overflow' });
    });

    it.each([0, -1, Number.NaN, '5'])('throws for a limit of %o', (limit) => {
      expect(() => made().messages.iterate('tick', { limit: limit as number })).toThrow(
        expect.objectContaining({ code: 'bad-option', message: expect.stringContaining('messages: limit is ') }),
      );
    });

    it('listens no more after a break, and forgets what waited', async () => {
      const { messages } = made();
      const loop = messages.iterate('tick');
      messages.tell(tick(1));
      messages.tell(tick(2));
      for await (const one of loop) {
        expect(one).toEqual(tick(1));
        break;
      }
      messages.tell(tick(3));
      expect(await loop.next()).toEqual({ value: undefined, done: true });
    });

    it('is over for who returns', async () => {
      expect(await made().messages.iterate('tick').return?.()).toEqual({ value: undefined, done: true });
    });

    it('ends with its signal, after what it has, and at once if that is aborted', async () => {
      const { messages } = made();
      const controller = new AbortController();
      const loop = messages.iterate('tick', { signal: controller.signal });
      messages.tell(tick(1));
      controller.abort();
      messages.tell(tick(2));
      expect(await rest(loop)).toEqual([tick(1)]);
      expect(await rest(messages.iterate('tick', { signal: controller.signal }))).toEqual([]);
    });
  });
});
