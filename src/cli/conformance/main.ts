import { HELP, readArguments } from './arguments.js';
import { listChecks } from './checks.js';
import { renderResult, renderSteps, renderSummary } from './report.js';
import { type CheckResult, runConformance } from './run.js';
import { Unreachable } from './survey.js';

/** Runs the kit as the command line says. Returns the exit code. */
export async function conformance(args: readonly string[]): Promise<number> {
  const command = readArguments(args);
  if (command.kind === 'help') return say(HELP);
  if (command.kind === 'list') return say(listChecks());
  if (command.kind === 'wrong') return fail(`${command.text}\nSee: npx reliable-socket conformance --help`);
  const { json, verbose } = command;
  const onResult = (result: CheckResult): void => {
    console.log(renderResult(result));
    if (verbose || result.outcome === 'fail') console.log(`\n${renderSteps(result)}\n`);
  };
  try {
    const report = await runConformance({ ...command.options, ...(json ? {} : { onResult }) });
    say(json ? JSON.stringify(report, undefined, 2) : `\n${renderSummary(report)}`);
    return report.ok ? 0 : 1;
  } catch (error) {
    if (error instanceof Unreachable) return fail(error.message);
    throw error;
  }
}

function say(text: string): 0 {
  console.log(text);
  return 0;
}

function fail(text: string): 2 {
  console.error(text);
  return 2;
}
