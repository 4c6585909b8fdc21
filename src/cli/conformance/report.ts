import { type CheckResult, isFine, type Report } from './run.js';
import type { Step } from './trace.js';

// A flood of frames would hide what went wrong at its end.
const MOST_SHOWN = 40;

/** One line: the outcome, the name, and why it is not a pass. */
export function renderResult(result: CheckResult): string {
  const { id, outcome, demanded, reason } = result;
  const mark = { pass: 'pass', fail: 'FAIL', 'not offered': demanded ? 'MISSING' : 'not offered' }[outcome];
  return `${mark.padEnd(12)}${id.padEnd(32)}${reason ?? ''}`.trimEnd();
}

/** What was sent, what came and what was expected. */
export function renderSteps({ id, section, rule, steps }: CheckResult): string {
  const shown = steps.length > MOST_SHOWN ? [...steps.slice(0, 10), ...steps.slice(10 - MOST_SHOWN)] : steps;
  const lines = shown.map(renderStep);
  const hidden = steps.length - shown.length;
  if (hidden > 0) lines.splice(10, 0, `... ${hidden} more ...`);
  return [`${id} (PROTOCOL.md ${section}): ${rule}`, ...lines.map((line) => `    ${line}`)].join('\n');
}

/** What each guarantee came to, and the sum of it. */
export function renderSummary({ level, results, ok }: Report): string {
  const groups = [...new Set(results.map(({ group }) => group))].map((group) => {
    const of = (list: readonly CheckResult[]): number => list.filter((result) => result.group === group).length;
    const passed = of(results.filter(({ outcome }) => outcome === 'pass'));
    const failed = of(results.filter(({ outcome }) => outcome === 'fail'));
    return [group, String(passed), String(failed), String(of(results) - passed - failed)];
  });
  const rows = [['guarantee', 'passed', 'failed', 'not offered'], ...groups];
  const table = rows.map(([name = '', ...counts]) =>
    [name.padEnd(12), ...counts.map((count) => count.padStart(11))].join(' '),
  );
  const count = results.filter((result) => !isFine(result)).length;
  const asked = level === undefined ? 'what it offers' : `the level ${level}`;
  const words = `${count} ${count === 1 ? 'check' : 'checks'}`;
  return `${table.join('\n')}\n\n${ok ? `The server keeps ${asked}.` : `The server does not keep ${asked}: ${words} failed or missing.`}`;
}

function renderStep(step: Step): string {
  if (step.kind === 'expected') {
    return `${step.met ? 'ok      ' : 'EXPECTED'}  ${step.text}${step.link === undefined ? '' : ` (${step.link})`}`;
  }
  const arrow = { sent: 'C→S', came: 'S→C', link: ' --' }[step.kind];
  return `${arrow.padEnd(8)}  ${step.link}: ${step.text}`;
}
