import { describe, expect, it, vi } from 'vitest';
import { Emitter } from '../../src/emitter.js';

interface Events {
  a: number;
  b: string;
}
const made = () => {
  const onThrow = vi.fn();
  return { emitter: new Emitter<Events>(onThrow), onThrow };
};

describe('Emitter', () => {
  it('tells those who listen to that name, in order', () => {
    const { emitter } = made();
    const told: unknown[] = [];
    emitter.on('a', (n) => told.push(['first', n]));
    emitter.on('a', (n) => told.push(['second', n]));
    emitter.on('b', (text) => told.push(text));
    emitter.emit('a', 1);
    expect(told).toEqual([
      ['first', 1],
      ['second', 1],
    ]);
    emitter.emit('b', 'x');
    expect(told).toHaveLength(3);
  });

  it('takes the same function twice, and away once at a time', () => {
    const { emitter } = made();
    const listener = vi.fn();
    const off = emitter.on('a', listener);
    emitter.on('a', listener);
    emitter.emit('a', 1);
    expect(listener).toHaveBeenCalledTimes(2);
    off();
    off();
    emitter.emit('a', 2);
    expect(listener).toHaveBeenCalledTimes(3);
  });

  it('lets one that throws stop neither the others nor its caller', () => {
    const { emitter, onThrow } = made();
    const error = new Error('mine');
    const after = vi.fn();
    emitter.on('a', () => {
      throw error;
    });
    emitter.on('a', after);
    emitter.emit('a', 1);
    expect(after).toHaveBeenCalledOnce();
    expect(onThrow).toHaveBeenCalledExactlyOnceWith(error, 'a');
  });

  it('tells the present event to those who were there when it began', () => {
    const { emitter } = made();
    const late = vi.fn();
    const gone = vi.fn();
    emitter.on('a', () => {
      emitter.on('a', late);
      off();
    });
    const off = emitter.on('a', gone);
    emitter.emit('a', 1);
    expect(late).not.toHaveBeenCalled();
    expect(gone).toHaveBeenCalledOnce();
    emitter.emit('a', 2);
    expect(late).toHaveBeenCalledOnce();
    expect(gone).toHaveBeenCalledOnce();
  });

  it('lets a signal take a listener away, and never adds one whose signal is aborted', () => {
    const { emitter } = made();
    const listener = vi.fn();
    const controller = new AbortController();
    emitter.on('a', listener, { signal: controller.signal });
    emitter.emit('a', 1);
    controller.abort();
    emitter.emit('a', 2);
    emitter.on('a', listener, { signal: controller.signal })();
    emitter.emit('a', 3);
    expect(listener).toHaveBeenCalledExactlyOnceWith(1);
  });

  it('leaves nothing on the signal of a listener that was taken away', () => {
    const { emitter } = made();
    const { signal } = new AbortController();
    const remove = vi.spyOn(signal, 'removeEventListener');
    emitter.on('a', () => {}, { signal })();
    expect(remove).toHaveBeenCalledExactlyOnceWith('abort', expect.any(Function));
  });
});
