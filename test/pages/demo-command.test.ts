import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type Child, runNode } from '../support/child.js';
import { hasRedis } from '../support/redis.js';
import { until } from '../support/until.js';

const children: Child[] = [];

afterEach(() => {
  for (const child of children.splice(0)) if (child.ended === undefined) child.process.kill('SIGKILL');
});

const run = (...args: string[]): Child => runWith({}, ...args);

function runWith(env: NodeJS.ProcessEnv, ...args: string[]): Child {
  const child = runNode(['--import', 'tsx', 'src/cli/demo/main.ts', ...args], env);
  children.push(child);
  return child;
}

describe('npm run demo', () => {
  it('prints the address of the page within seconds, and ends with its signal', async () => {
    const child = run();
    await until(() => child.lines.length > 0, { message: `it prints: ${child.errors}` });
    const [, address = ''] = /^The demo is at (http:\/\/127\.0\.0\.1:\d+)$/.exec(child.lines[0] ?? '') ?? [];
    const response = await fetch(address);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(await response.text()).toContain('<title>Break the network');
    for (const path of ['/nothing', '/api/session/nobody/token', '/../package.json']) {
      expect((await fetch(`${address}${path}`)).status).toBe(404);
    }
    const port = new URL(address).port;
    const second = run('--port', port);
    await until(() => second.ended !== undefined);
    expect(second.ended?.code).toBe(2);
    expect(second.errors.join('')).toMatch(/the page can not be served: .*EADDRINUSE/);
    child.process.kill('SIGINT');
    await until(() => child.ended !== undefined);
  });

  it.skipIf(!hasRedis).each(['SIGINT', 'SIGTERM'] as const)(
    '--cluster: %s ends all that was started',
    async (signal) => {
      const folder = mkdtempSync(join(tmpdir(), 'demo-command-'));
      const child = runWith({ TMPDIR: folder }, '--cluster');
      await until(() => child.lines.length > 0, { message: `it prints: ${child.errors}` });
      const [, address = ''] = /^The demo is at (http:\/\/127\.0\.0\.1:\d+)$/.exec(child.lines[0] ?? '') ?? [];
      expect(await (await fetch(address)).text()).toContain('<title>Break the cluster');
      expect(readdirSync(folder)).toContainEqual(expect.stringMatching(/^reliable-socket-demo-/));
      child.process.kill(signal);
      // Both nodes and Redis hold its standard error, and it ends for us when the last of them does.
      await until(() => child.ended !== undefined);
      expect(child.ended?.code).toBe(0);
      expect(readdirSync(folder).filter((name) => name.startsWith('reliable-socket-demo-'))).toEqual([]);
      rmSync(folder, { recursive: true }); // tsx keeps its cache there too
    },
  );

  it('--cluster: says what to install where there is no Redis', async () => {
    const child = runWith({ PATH: '' }, '--cluster');
    await until(() => child.ended !== undefined);
    expect([child.ended?.code, child.errors.join('').trim()]).toEqual([
      1,
      '--cluster needs redis-server: apt install redis-server, or brew install redis',
    ]);
  });

  it.each([
    [['--port', 'x'], '--port: x is no whole number from 0 to 65535'],
    [['--port', '65536'], '--port: 65536 is no whole number from 0 to 65535'],
    [['--seed', '7'], '--seed: there is a storm only with --once'],
    [['--once', '--port', '1'], '--port: --once serves no page'],
    [['--once', '--cluster'], '--cluster: --once serves no page'],
  ])('%j says what is wrong', async (args, text) => {
    const child = run(...args);
    await until(() => child.ended !== undefined);
    expect([child.ended?.code, child.errors.join('').trim()]).toEqual([2, text]);
  });
});
