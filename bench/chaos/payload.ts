import { seededRandom } from '../../src/testing/index.js';

const LONGEST = 64;

/** The text of one message: any length up to 64 characters, each time the same for the same seed and number. */
export function payloadOf(seed: number, number: number): string {
  const random = seededRandom(seed * 1_000_003 + number);
  let text = '';
  for (let left = Math.floor(random() * LONGEST); left > 0; left -= 8) text += random().toString(36).slice(2, 10);
  return text;
}
