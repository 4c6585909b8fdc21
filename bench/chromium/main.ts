import { parseArgs } from 'node:util';
import { findTool } from '../../test/tools/tools.js';
import { measureSizes } from '../sizes.js';
import { cases, measureChromium } from './measure.js';
import type { SubjectName } from './subjects.js';

// CPU per message in a real Chromium, as ratios to a bare WebSocket of the same round, and the size of each client.

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    messages: { type: 'string', default: '12000' },
    only: { type: 'string', multiple: true },
  },
});
const [path] = findTool('chromium') ?? [];
if (path === undefined) throw new Error('bench: Chromium was not found; name it in CHROMIUM_PATH');

console.log('size, bytes                              minified     gzip');
for (const { name, minified, gzip } of await measureSizes()) {
  console.log(`  ${name.padEnd(38)}${String(minified).padStart(9)}${String(gzip).padStart(9)}`);
}

const { version, rows } = await measureChromium({
  path,
  rounds: Number(values.rounds),
  messages: Number(values.messages),
  // Safe: a name that is none has no page, and esbuild says so.
  ...(values.only && { names: ['bare', ...(values.only as SubjectName[])] }),
});
console.log(`\n${version}: CPU of the page's main thread per message`);
for (const which of cases) {
  console.log(`\n${which}`);
  for (const { case: of, name, microseconds, ratio } of rows) {
    if (of !== which) continue;
    console.log(`  ${name.padEnd(38)}${microseconds.toFixed(1).padStart(6)} us${ratio.toFixed(2).padStart(7)}`);
  }
}
