import { describe, expect, it } from 'vitest';
import { Trace } from '../../src/cli/conformance/trace.js';

describe('Trace', () => {
  it('keeps the beginning and the end of a long story, and says what it leaves out', () => {
    const trace = new Trace();
    for (let n = 1; n <= 1_500; n += 1) trace.add({ kind: 'sent', link: 'a', text: String(n) });
    const texts = trace.steps.map(({ text }) => text);
    expect(texts).toHaveLength(1_000);
    expect([texts[0], texts[499], texts[501], texts.at(-1)]).toEqual(['1', '500', '1002', '1500']);
    expect(texts[500]).toBe('leaves out 501 steps here');
  });

  it('shortens what is long, and hides what is secret', () => {
    const trace = new Trace(['s3cret']);
    trace.add({ kind: 'came', link: 'a', text: `s3cret ${'x'.repeat(400)}` });
    expect(trace.steps[0]?.text).toMatch(/^<token> x{292}\.\.\. \(408 characters\)$/);
  });
});
