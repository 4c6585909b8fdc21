import { describe, expect, it } from 'vitest';
import { type Block, readBlocks } from '../support/docs/blocks.js';
import { typeCheck } from '../support/docs/type-check.js';

/** What must be told, so that the silence about the others says something. */
const WRONG: Block[] = [
  { page: 'WRONG.md', line: 10, language: 'ts', code: '\nsocket.send({ type: "chat", txt: "hi" });' },
  { page: 'WRONG.md', line: 20, language: 'js', code: 'createServer({ onMesage() {} });' },
];

describe('the code on the pages', () => {
  it('compiles as it stands', () => {
    const blocks = readBlocks();
    expect(new Set(blocks.map(({ page }) => page)).size).toBeGreaterThan(7);
    expect(typeCheck([...blocks, ...WRONG])).toEqual([
      expect.stringMatching(/^WRONG\.md:11: .*'txt' does not exist/),
      expect.stringMatching(/^WRONG\.md:20: .*'onMesage' does not exist/),
    ]);
  });
});
