import { describe, expect, it } from 'vitest';
import { FrameTracker } from '../../../src/testing/frame-tracker.js';
import { seededRandom } from '../../../src/testing/index.js';

const HEAD = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n';

/** A frame with a payload of zeros. */
function frame(length: number, masked: boolean): Buffer {
  const mask = masked ? 0x80 : 0;
  const extended = length > 65_535 ? Buffer.alloc(8) : Buffer.alloc(length > 125 ? 2 : 0);
  if (extended.length === 8) extended.writeBigUInt64BE(BigInt(length));
  if (extended.length === 2) extended.writeUInt16BE(length);
  const short = extended.length === 8 ? 127 : extended.length === 2 ? 126 : length;
  return Buffer.concat([Buffer.of(0x81, mask | short), extended, Buffer.alloc((masked ? 4 : 0) + length)]);
}

/** Feeds the bytes in chunks and returns where in the whole stream something ended. */
function endsOf(stream: Buffer, nextSize: () => number): number[] {
  const tracker = new FrameTracker();
  const ends: number[] = [];
  for (let at = 0; at < stream.length; ) {
    const chunk = stream.subarray(at, at + nextSize());
    for (const end of tracker.read(chunk)) ends.push(at + end);
    at += chunk.length;
  }
  return ends;
}

describe('FrameTracker', () => {
  const lengths = [0, 1, 5, 125, 126, 300, 65_535, 65_536, 70_000, 0, 0, 2];

  it.each([true, false])('knows where frames of every length end, however they are cut up (masked: %s)', (masked) => {
    const parts = [Buffer.from(HEAD), ...lengths.map((length) => frame(length, masked))];
    let sum = 0;
    const expected = parts.map((part) => (sum += part.length));
    const stream = Buffer.concat(parts);
    expect(endsOf(stream, () => stream.length)).toEqual(expected);
    expect(endsOf(stream, () => 1)).toEqual(expected);
    for (let seed = 1; seed <= 20; seed += 1) {
      const random = seededRandom(seed);
      expect(endsOf(stream, () => 1 + Math.floor(random() * 40))).toEqual(expected);
    }
  });

  it('is upgraded only once the whole head came, and only by a 101', () => {
    const tracker = new FrameTracker();
    tracker.read(Buffer.from(HEAD.slice(0, -1)));
    expect(tracker.upgraded).toBe(false);
    tracker.read(Buffer.from('\n'));
    expect(tracker.upgraded).toBe(true);
    const refused = new FrameTracker();
    refused.read(Buffer.from('HTTP/1.1 401 Unauthorized\r\n\r\n'));
    expect(refused.upgraded).toBe(false);
  });
});
