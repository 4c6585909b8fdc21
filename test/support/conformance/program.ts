import { execFileSync, spawn } from 'node:child_process';
import { root } from '../child.js';
import { until } from '../until.js';

/** A server in a process of its own. */
export interface Program {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts a program that says "listening on <port>" when it is ready. */
export async function startProgram(command: string, args: readonly string[]): Promise<Program> {
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  let complaints = '';
  let ended = false;
  child.stdout.on('data', (data) => {
    said += String(data);
  });
  child.stderr.on('data', (data) => {
    complaints += String(data);
  });
  child.on('error', (error) => {
    complaints += error.message;
    ended = true;
  });
  child.on('exit', () => {
    ended = true;
  });
  const portOf = (): string | undefined => /listening on (\d+)/.exec(said)?.[1];
  await until(() => portOf() !== undefined || ended, {
    timeout: 30_000,
    message: `${command} ${args.join(' ')} listens`,
  });
  if (portOf() === undefined) throw new Error(`${command} ${args.join(' ')} ended: ${complaints}`);
  return {
    url: `ws://127.0.0.1:${portOf()}`,
    stop: async () => {
      child.kill('SIGKILL');
      await until(() => ended, { message: `${command} has ended` });
    },
  };
}

/** The first of these commands that works with these arguments. */
export function findCommand(commands: readonly string[], args: readonly string[]): string | undefined {
  return commands.find((command) => {
    try {
      execFileSync(command, args, { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  });
}
