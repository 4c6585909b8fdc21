import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface Child {
  readonly process: ChildProcess;
  /** What it printed, line by line. */
  readonly lines: string[];
  readonly errors: string[];
  /** Set once it has ended. */
  ended: { readonly code: number | null; readonly signal: NodeJS.Signals | null } | undefined;
}

/** The project's folder. */
export const root: string = fileURLToPath(new URL('../..', import.meta.url));

/** Runs Node in the project's folder. */
export function runNode(args: readonly string[], env: NodeJS.ProcessEnv = {}): Child {
  const process_ = spawn(process.execPath, args, {
    cwd: root,
    env: { ...process.env, NODE_OPTIONS: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const child: Child = { process: process_, lines: [], errors: [], ended: undefined };
  let rest = '';
  process_.stdout.on('data', (data) => {
    const lines = (rest + String(data)).split('\n');
    rest = lines.pop() ?? '';
    child.lines.push(...lines);
  });
  process_.stderr.on('data', (data) => child.errors.push(String(data)));
  process_.on('close', (code, signal) => {
    child.ended = { code, signal };
  });
  return child;
}

/** Runs a TypeScript file of test/support. */
export function runSupport(file: string, args: readonly string[], flags: readonly string[] = []): Child {
  return runNode([...flags, '--import', 'tsx', fileURLToPath(new URL(file, import.meta.url)), ...args]);
}
