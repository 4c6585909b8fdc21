import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, inject, it } from 'vitest';
import { requireTool, type ToolName, tools } from '../tools/tools.js';
import type { SmokeReport } from './smoke.js';

const packageFolder = inject('packageFolder');
const host = inject('host');

/** What each runtime must report. */
const expectAllWell = (report: SmokeReport, ownWebSocket: boolean): void => {
  expect(report).toEqual({
    ownWebSocket,
    heard: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    resumed: [false, true],
    outcomes: Array(6).fill('acked'),
    received: [1, 2, 3, 4, 5, 6],
    cuts: 1,
    codes: [1006],
    troubles: [],
    status: 'closed',
  } satisfies SmokeReport);
};

/** Runs the smoke as a program; it must end by itself. */
const report = async (command: string, ...args: string[]): Promise<SmokeReport> => {
  const { stdout } = await promisify(execFile)(command, [...args, join(packageFolder, 'main.js'), host], {
    timeout: 150_000,
    env: { ...process.env, NODE_OPTIONS: '', NO_COLOR: '1' },
  });
  return JSON.parse(stdout);
};

type MiniflareClass = new (
  options: object,
) => { dispatchFetch(url: string): Promise<Response>; dispose(): Promise<void> };

/** In these the runtime's own WebSocket is used. */
const programs: readonly { readonly name: ToolName; readonly args: readonly string[] }[] = [
  { name: 'node22', args: [] },
  { name: 'node24', args: [] },
  { name: 'bun', args: ['run'] },
  { name: 'deno', args: ['run', '--allow-net', '--no-config', '--no-lock'] },
];

describe('the built package connects, is cut off, resumes and is acked', () => {
  it(`in this Node (${process.version})`, async () => {
    expectAllWell(await report(process.execPath), 'WebSocket' in globalThis);
  });

  for (const { name, args } of programs) {
    const [command] = requireTool(name) ?? [];
    it.skipIf(command === undefined)(`in ${tools[name].title}`, async () => {
      expectAllWell(await report(command ?? '', ...args), true);
    });
  }

  const [miniflare] = requireTool('workerd') ?? [];
  it.skipIf(miniflare === undefined)('in workerd', async () => {
    // Safe: it is this class of the version that is pinned; its types are not in the lock file either.
    const { Miniflare } = (await import(pathToFileURL(miniflare ?? '').href)) as { Miniflare: MiniflareClass };
    const files = readdirSync(packageFolder).filter((file) => file.endsWith('.js') && file !== 'main.js');
    // The first module is the entry.
    const modules = files
      .sort((a, b) => Number(b === 'worker.js') - Number(a === 'worker.js'))
      .map((file) => ({ type: 'ESModule', path: join(packageFolder, file) }));
    const flare = new Miniflare({ modules, modulesRoot: packageFolder, compatibilityDate: '2026-04-01' });
    try {
      const response = await flare.dispatchFetch(`http://smoke.test/?host=${encodeURIComponent(host)}`);
      expectAllWell((await response.json()) as SmokeReport, true);
    } finally {
      await flare.dispose();
    }
  });
});
