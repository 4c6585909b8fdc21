import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

/** A server in another runtime. */
export interface Running {
  readonly port: number;
  stop(): Promise<void>;
}

const firstLine = async (child: ChildProcess): Promise<string> => {
  const errors: string[] = [];
  child.stderr?.on('data', (data) => errors.push(String(data)));
  const ended = once(child, 'close').then(([code]) => {
    throw new Error(`it ended with ${code} before it listened: ${errors.join('')}`);
  });
  // Safe: both streams are pipes.
  const [line] = await Promise.race([once(createInterface(child.stdout!), 'line'), ended]);
  return String(line);
};

/** Starts a program that prints its port once it listens. */
export async function startProgram(command: string, args: readonly string[]): Promise<Running> {
  const env = { ...process.env, NODE_OPTIONS: '', NO_COLOR: '1' };
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  return {
    port: Number(await firstLine(child)),
    async stop() {
      const ended = once(child, 'close');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

type MiniflareClass = new (options: object) => { readonly ready: Promise<URL>; dispose(): Promise<void> };

/** @param miniflare Its main file. */
export async function startWorkerd(miniflare: string, packageFolder: string): Promise<Running> {
  // Safe: it is this class of the version that is pinned; its types are not in the lock file either.
  const { Miniflare } = (await import(pathToFileURL(miniflare).href)) as { Miniflare: MiniflareClass };
  const flare = new Miniflare({
    host: '127.0.0.1',
    port: 0,
    modules: true,
    modulesRoot: packageFolder,
    modulesRules: [{ type: 'ESModule', include: ['**/*.js'] }],
    scriptPath: join(packageFolder, 'servers/workerd.js'),
    compatibilityDate: '2026-04-01',
    durableObjects: { COMPANION: 'Companion' },
  });
  return { port: Number((await flare.ready).port), stop: () => flare.dispose() };
}
