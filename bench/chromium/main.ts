import { parseArgs } from 'node:util';
import { findTool } from '../../test/tools/tools.js';
import { cases, measureChromium } from './measure.js';
import type { SubjectName } from './subjects.js';

// CPU per message in a real Chromium, as ratios to a bare WebSocket of the same round.

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '9' },
    messages: { type: 'string', default: '20000' },
    only: { type: 'string', multiple: true },
  },
});
const [path] = findTool('chromium') ?? [];
if (path === undefined) throw new Error('bench: Chromium was not found; name it in CHROMIUM_PATH');
const { version, rows } = await measureChromium({
  path,
  rounds: Number(values.rounds),
  messages: Number(values.messages),
  ...(values.only && { names: ['bare', ...(values.only as SubjectName[])] }),
});
console.log(version);
for (const which of cases) {
  console.log(`\n${which}`);
  for (const { case: of, name, microseconds, ratio } of rows) {
    if (of === which)
      console.log(`  ${name.padEnd(38)}${microseconds.toFixed(1).padStart(6)} us${ratio.toFixed(2).padStart(7)}`);
  }
}
