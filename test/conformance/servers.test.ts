import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { startPlainServer } from '../../examples/plain-server.js';
import { type DemandedLevel, type Report, runConformance } from '../../src/cli/conformance/run.js';
import type { Target } from '../../src/cli/conformance/target.js';
import type { ReferenceServerOptions } from '../../src/testing/reference-server.js';
import { root } from '../support/child.js';
import { PATIENCE } from '../support/conformance/patience.js';
import { findCommand, type Program, startProgram } from '../support/conformance/program.js';
import { startReferenceApp } from '../support/conformance/reference-app.js';
import { startSnippet } from '../support/conformance/snippet.js';

/** What no server shows without being set up for it. */
const NEEDS_A_SETTING = [
  'liveness/heartbeat',
  'resume/replay-before-pong',
  'epoch/welcome-bare',
  'epoch/rate',
  'auth/subprotocol',
  'auth/first-frame',
];

/** What is not a pass, and why, for a message that tells what to mend. */
const rest = ({ results }: Report): string[] =>
  results.filter(({ outcome }) => outcome !== 'pass').map(({ id, outcome, reason }) => `${id}: ${outcome}, ${reason}`);
const notOffered = (ids: readonly string[]): unknown[] => ids.map((id) => expect.stringMatching(`^${id}: not offered`));

async function checkProgram(starting: Promise<Program>, level: DemandedLevel): Promise<Report> {
  const program = await starting;
  try {
    return await runConformance({ ...PATIENCE, url: program.url, level });
  } finally {
    await program.stop();
  }
}

describe('the reference server', () => {
  const check = async (server: ReferenceServerOptions, target: Partial<Target> = {}) => {
    const app = await startReferenceApp(server);
    try {
      return await runConformance({ ...PATIENCE, ...target, url: app.url, level: 'full' });
    } finally {
      await app.stop();
    }
  };

  it.concurrent('keeps the level full, and every extra that needs no setting', async () => {
    const report = await check({});
    expect(rest(report)).toEqual(notOffered(NEEDS_A_SETTING));
    expect(report.ok).toBe(true);
  });

  it.concurrent.each<[what: string, server: ReferenceServerOptions, target: Partial<Target>, extra: string]>([
    ['tokens in the subprotocols', { auth: 'subprotocol' }, { auth: 'subprotocol', token: 'ann' }, 'auth/subprotocol'],
    ['tokens in the first frame', { auth: 'message' }, { auth: 'message', token: 'ann' }, 'auth/first-frame'],
    ['the cursor in a frame', { resume: 'message' }, { resume: 'message' }, 'epoch/welcome-bare'],
    ['a rate', { welcome: { rate: 100 } }, {}, 'epoch/rate'],
    ['a heartbeat', { heartbeat: 4_000 }, {}, 'liveness/heartbeat'],
    ['acks that answer many', { acks: 'batch' }, {}, 'acks/each-its-own'],
  ])('keeps the level full with %s', async (_, server, target, extra) => {
    const report = await check(server, target);
    expect(rest(report).filter((line) => !line.includes('not offered') || line.startsWith(extra))).toEqual([]);
    expect(report.ok).toBe(true);
  });
});

describe('seed servers', () => {
  it.concurrent.each(['README.md', 'PROTOCOL.md'])('that of %s keeps the level seed', async (page) => {
    expect(rest(await checkProgram(startSnippet(page), 'seed'))).toEqual([]);
  });

  it.concurrent('examples/plain-server.ts keeps the level seed', async () => {
    const server = startPlainServer({ host: '127.0.0.1', port: 0 });
    await once(server, 'listening');
    const program: Program = {
      url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
      stop: async () => void server.close(),
    };
    expect(rest(await checkProgram(Promise.resolve(program), 'seed'))).toEqual([]);
  });
});

describe('examples/servers', () => {
  const folder = mkdtempSync(join(tmpdir(), 'conformance-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const python = findCommand(['python3', '/usr/bin/python3'], ['-c', 'import websockets']);
  const go = findCommand(['go'], ['version']);
  /** A laptop may lack a tool, and is told; in CI the test fails. */
  const lacks = (tool: string | undefined, name: string): boolean => {
    if (tool !== undefined || process.env.CI) return false;
    console.warn(`SKIPPED: there is no ${name}, so its servers in examples/servers are not tested`);
    return true;
  };
  const buildGo = async (file: string): Promise<string> => {
    const program = join(folder, 'server');
    // Debian's packages have no module files; without cgo no C compiler is needed, and with a cache of its own no home.
    const settings = { GO111MODULE: 'off', GOFLAGS: '', CGO_ENABLED: '0', GOCACHE: join(folder, 'cache') };
    const env = { GOPATH: '/usr/share/gocode', ...process.env, ...settings };
    await promisify(execFile)('go', ['build', '-o', program, file], { cwd: root, env });
    return program;
  };
  // `reset` is a SHOULD, which these leave out.
  const resets = ['epoch/above-head-bare', 'channels/channel-reset'];
  const leftOut = notOffered([...NEEDS_A_SETTING.slice(0, 4), ...resets, ...NEEDS_A_SETTING.slice(4)]);

  it.concurrent('full.mjs keeps the level full', async () => {
    const program = startProgram(process.execPath, ['examples/servers/full.mjs', '0']);
    expect(rest(await checkProgram(program, 'full'))).toEqual(leftOut);
  });

  it.skipIf(lacks(python, 'python3 with websockets'))(
    'seed.py keeps the level seed',
    { concurrent: true },
    async () => {
      const program = startProgram(python ?? 'python3', ['examples/servers/seed.py', '0']);
      expect(rest(await checkProgram(program, 'seed'))).toEqual([]);
    },
  );

  it.skipIf(lacks(python, 'python3 with websockets'))(
    'full.py keeps the level full',
    { concurrent: true },
    async () => {
      const program = startProgram(python ?? 'python3', ['examples/servers/full.py', '0']);
      expect(rest(await checkProgram(program, 'full'))).toEqual(leftOut);
    },
  );

  it.skipIf(lacks(go, 'go'))('full.go keeps the level full', { concurrent: true }, async () => {
    const program = startProgram(await buildGo('examples/servers/full.go'), ['0']);
    expect(rest(await checkProgram(program, 'full'))).toEqual(leftOut);
  });
});
