import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readArguments } from '../../src/cli/conformance/arguments.js';
import { checks, listChecks } from '../../src/cli/conformance/checks.js';
import { root } from '../support/child.js';
import { startReferenceApp } from '../support/conformance/reference-app.js';

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly errors: string;
}

/** Runs `npx reliable-socket`, as it is before the build. */
const run = (...args: string[]): Promise<Ran> =>
  new Promise((resolve) => {
    const command = ['--import', 'tsx', 'src/cli/main.ts', ...args];
    const child = execFile(process.execPath, command, { cwd: root, maxBuffer: 1 << 26 }, (_, out, errors) => {
      resolve({ code: child.exitCode ?? -1, out, errors });
    });
  });

async function startApp(options: Parameters<typeof startReferenceApp>[0] = {}) {
  const app = await startReferenceApp(options);
  onTestFinished(() => app.stop());
  return app;
}

describe('npx reliable-socket conformance', () => {
  it('prints a line for each check and a table of the guarantees, and ends with 0', async () => {
    const { url } = await startApp();
    const { code, out, errors } = await run(
      'conformance',
      url,
      '--level',
      'full',
      '--only',
      'liveness',
      '--only',
      'acks/ack',
    );
    expect([code, errors]).toEqual([0, '']);
    expect(out).toMatch(/^pass {8}liveness\/pong$/m);
    expect(out).toMatch(/^not offered liveness\/heartbeat +welcome names no heartbeat$/m);
    expect(out).toMatch(/^acks +1 +0 +0$/m);
    expect(out).toContain('The server keeps the level full.');
    expect(out).not.toContain('acks/nack');
  });

  it('ends with 1 when something that is demanded is missing, or fails, and then shows it frame by frame', async () => {
    const { url } = await startApp({ pongs: false, onMessage: () => ({ nack: { code: '', message: '' } }) });
    const lacking = await run('conformance', url, '--level', 'seed', '--only', 'liveness/pong', '--timeout', '300');
    expect([lacking.code, lacking.out]).toEqual([1, expect.stringMatching(/^MISSING +liveness\/pong +no pong came/)]);

    const app = await startApp({ welcome: { rate: 'fast' } });
    const failing = await run('conformance', app.url, '--only', 'epoch/welcome-fields');
    expect(failing.code).toBe(1);
    expect(failing.out).toMatch(/^FAIL +epoch\/welcome-fields +expected a right rate; came \{/m);
    expect(failing.out).toMatch(/ -- +client: connects to ws:/);
    expect(failing.out).toMatch(/S→C +client: \{"type":"welcome"/);
    expect(failing.out).toMatch(/EXPECTED +a right rate \(client\)/);
  });

  it('says the same as JSON', async () => {
    const { url } = await startApp();
    const { code, out } = await run('conformance', url, '--json', '--level', 'full', '--only', 'liveness/pong');
    const report = JSON.parse(out);
    expect(code).toBe(0);
    expect(report).toMatchObject({ url, level: 'full', ok: true, offers: expect.arrayContaining(['pong', 'welcome']) });
    expect(report.survey).toContainEqual(expect.objectContaining({ kind: 'sent', text: '{"type":"ping","t":1}' }));
    expect(report.results).toEqual([
      {
        ...{ id: 'liveness/pong', group: 'liveness', section: '5.1', level: 'seed', outcome: 'pass', demanded: true },
        rule: expect.any(String),
        steps: expect.arrayContaining([{ kind: 'sent', link: 'client', text: '{"type":"ping","t":7}' }]),
      },
    ]);
  });

  it('shows no token that it was given', async () => {
    const { url } = await startApp({ tokens: (token) => (token === 's3cret/1' ? 'ok' : 'refused') });
    const { code, out } = await run('conformance', url, '--token', 's3cret/1', '--only', 'liveness/pong', '--verbose');
    expect([code, out]).toEqual([0, expect.stringContaining('token=<token>')]);
    expect(out).not.toMatch(/s3cret/);
  });

  it.each([
    [[], 'the url of a server is missing'],
    [['localhost:8080'], '"localhost:8080" is no ws: or wss: url'],
    [['http://localhost'], '"http://localhost" is no ws: or wss: url'],
    [['ws://a#b'], '"ws://a#b" is no ws: or wss: url, or has a fragment'],
    [['ws://a', 'ws://b'], '"ws://b" is a second'],
    [['ws://a', '--level', 'half'], '--level: "half" is none of seed, full'],
    [['ws://a', '--only', 'speed'], '--only: there is no group and no check "speed"'],
    [['ws://a', '--timeout', '1s'], '--timeout: "1s" is no whole number of ms'],
    [['ws://a', '--auth', 'cookie'], '--auth: "cookie" is none of query, subprotocol, message'],
    [['ws://a', '--resume', 'cookie'], '--resume: "cookie" is none of url, message'],
    [['ws://a', '--auth', 'message'], 'a --token is needed'],
    [['ws://a', '--level', 'seed', '--only', 'acks'], '--only: nothing of it belongs to the level seed'],
    [['ws://a', '--loud'], "'--loud'"],
  ])('finds what is wrong with %j', (args, text) => {
    expect(readArguments(args)).toEqual({ kind: 'wrong', text: expect.stringContaining(text) });
  });

  it('hands on where the token and the cursor go', () => {
    const args = ['ws://a', '--auth', 'message', '--token', 'ann', '--resume', 'message'];
    const options = { url: 'ws://a', auth: 'message', token: 'ann', resume: 'message' };
    expect(readArguments(args)).toMatchObject({ kind: 'run', options });
  });

  it('ends with 2 for a wrong argument', async () => {
    const { code, out, errors } = await run('conformance', 'localhost:8080');
    expect([code, out, errors]).toEqual([2, '', expect.stringMatching(/no ws: or wss: url.*\nSee: .* --help/)]);
  });

  it('ends with 2 when there is nobody, nobody answers, or nobody is let in', async () => {
    const nobody = await run('conformance', 'ws://127.0.0.1:9');
    expect([nobody.code, nobody.errors]).toEqual([2, expect.stringContaining('ECONNREFUSED')]);

    const mute = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void mute.close());
    await new Promise((resolve) => mute.once('listening', resolve));
    const address = mute.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const hanging = await run('conformance', `ws://127.0.0.1:${port}`, '--timeout', '200');
    expect([hanging.code, hanging.errors]).toEqual([
      2,
      expect.stringMatching(/can not be reached|did not answer in time/),
    ]);

    const { url } = await startApp({ tokens: (token) => (token === undefined ? 'refused' : 'ok') });
    const refused = await run('conformance', url);
    expect([refused.code, refused.errors]).toEqual([2, expect.stringContaining('say --token')]);
  });

  it('helps', async () => {
    expect(await run('conformance', '--help')).toMatchObject({
      code: 0,
      out: expect.stringContaining('--level seed|full'),
    });
    expect(await run()).toMatchObject({ code: 0, out: expect.stringContaining('conformance') });
    expect(await run('conform')).toMatchObject({ code: 2, errors: expect.stringContaining('"conform"') });
  });

  it('says its version', async () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    expect(await run('--version')).toEqual({ code: 0, out: `${version}\n`, errors: '' });
  });
});

describe('docs/CONFORMANCE.md', () => {
  const page = readFileSync(join(root, 'docs/CONFORMANCE.md'), 'utf8');

  it('has the list of checks', async () => {
    expect(page).toContain(listChecks());
    expect((await run('conformance', '--list')).out.trim()).toBe(listChecks());
  });

  it('names sections that PROTOCOL.md has', () => {
    const protocol = readFileSync(join(root, 'PROTOCOL.md'), 'utf8');
    for (const { section, id } of checks) {
      expect(protocol, id).toMatch(new RegExp(`^#{2,3} ${section.replace('.', '\\.')}\\.? `, 'm'));
    }
  });

  it('names every command of the test app', () => {
    for (const command of ['refuse', 'later', 'slow', 'forget', 'revoke', 'goaway']) {
      expect(page).toContain(`\`test:${command}\``);
    }
  });
});
