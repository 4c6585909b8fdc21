import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import type { GroupName } from '../../src/cli/conformance/check.js';
import { Client } from '../../src/cli/conformance/client.js';
import { type Report, runConformance } from '../../src/cli/conformance/run.js';
import { Trace } from '../../src/cli/conformance/trace.js';
import type { ReferenceServerOptions } from '../../src/testing/reference-server.js';
import { type Bend, startBentServer } from '../support/conformance/bent-server.js';
import { PATIENCE } from '../support/conformance/patience.js';
import { startReferenceApp } from '../support/conformance/reference-app.js';
import { startSnippet } from '../support/conformance/snippet.js';
import { sleep } from '../support/network.js';
import { until } from '../support/until.js';

/** The guarantees of which at least one check passed. */
const given = ({ results }: Report): GroupName[] => [
  ...new Set(results.filter(({ outcome }) => outcome === 'pass').map(({ group }) => group)),
];
const failed = ({ results }: Report): string[] =>
  results.filter(({ outcome }) => outcome === 'fail').map(({ id, reason }) => `${id}: ${reason}`);

const nobody = { tokens: () => 'ok' } satisfies ReferenceServerOptions;

describe('servers that leave rows out', () => {
  it.concurrent.each<[what: string, server: ReferenceServerOptions, lacks: readonly GroupName[]]>([
    ['answers no pings', { pongs: false }, ['liveness']],
    ['has no numbers', { numbered: false }, []],
    ['has numbers alone', { welcome: false, epoch: false }, ['epoch', 'idempotency']],
    ['has no epoch', { epoch: false }, []],
    ['acks nothing', { acks: false }, ['acks', 'idempotency']],
    ['remembers no ids', { ids: false }, ['idempotency']],
    ['lets everybody in', nobody, ['auth']],
  ])('one that %s is not failed for it', async (_, server, lacks) => {
    const app = await startReferenceApp(server);
    try {
      const report = await runConformance({ ...PATIENCE, url: app.url });
      expect(failed(report)).toEqual([]);
      expect(report.ok).toBe(true);
      expect(given(report).filter((group) => lacks.includes(group))).toEqual([]);
    } finally {
      await app.stop();
    }
  });

  it.concurrent('the seed server of PROTOCOL.md is not failed for what it leaves out', async () => {
    const server = await startSnippet('PROTOCOL.md');
    try {
      const report = await runConformance({ ...PATIENCE, url: server.url });
      expect([failed(report), given(report)]).toEqual([[], ['liveness', 'resume', 'epoch']]);
    } finally {
      await server.stop();
    }
  });

  it.concurrent.each<[what: string, bend: Bend]>([
    [
      'refuses a token with nack',
      {
        in: (frame, { write }) => {
          if (frame.type !== 'auth' || frame.token !== 'nobody') return frame;
          write({ type: 'nack', messageId: frame.messageId, code: 'unauthorized', message: 'no' });
          return undefined;
        },
      },
    ],
    [
      'reads it in the URL too',
      {
        in: (frame, { query, notes, forward }) => {
          const token = query.get('token');
          if (token === null || notes.has('token')) return frame;
          notes.set('token', token);
          setTimeout(() => forward(frame), 20);
          return { type: 'auth', token, messageId: 'url' };
        },
      },
    ],
  ])('one that takes the token in a frame, and %s, keeps the level full', async (_, bend) => {
    const app = await startReferenceApp({ auth: 'message' });
    const bent = await startBentServer(app.url, bend);
    try {
      const target = { auth: 'message', token: 'ann', level: 'full', only: ['auth'] } as const;
      const report = await runConformance({ ...PATIENCE, ...target, url: bent.url });
      expect(failed(report)).toEqual([]);
    } finally {
      await bent.stop();
      await app.stop();
    }
  });

  it.concurrent('is demanded by a level all the same', async () => {
    const app = await startReferenceApp({ acks: false });
    try {
      const report = await runConformance({ ...PATIENCE, url: app.url, level: 'full', only: ['acks'] });
      expect(report.results.every(({ outcome, demanded }) => outcome === 'not offered' && demanded)).toBe(true);
      expect(report.ok).toBe(false);
    } finally {
      await app.stop();
    }
  });
});

describe('servers that say nothing, or too much', () => {
  it('ends in time when it is connected and never answered', async () => {
    const silent = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    await once(silent, 'listening');
    try {
      const url = `ws://127.0.0.1:${(silent.address() as AddressInfo).port}`;
      const report = await runConformance({ url, timeout: 200 });
      expect(report.offers).toEqual([]);
      expect([given(report), failed(report)]).toEqual([[], []]);
    } finally {
      for (const client of silent.clients) client.terminate();
      silent.close();
    }
  });

  it('keeps the heartbeat that one asks for, whatever it waits for', async () => {
    const strict = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    await once(strict, 'listening');
    let pings = 0;
    strict.on('connection', (socket) => {
      socket.on('message', () => {
        pings += 1;
      });
      socket.send('{"type":"welcome","heartbeat":40}');
    });
    const url = `ws://127.0.0.1:${(strict.address() as AddressInfo).port}`;
    const client = new Client({ name: 'client', url, protocols: [], timeout: 20_000, trace: new Trace() });
    await until(() => pings >= 3, { message: 'it is heard' });
    client.isSilent = true;
    const before = pings;
    await sleep(100);
    // One may have been on its way.
    expect(pings).toBeLessThanOrEqual(before + 1);
    client.cut();
    strict.close();
  });

  it('reads no more than a bound of one that never stops', async () => {
    const flooding = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    await once(flooding, 'listening');
    flooding.on('connection', (socket) => {
      const flood = (): void => {
        for (let n = 0; n < 1_000 && socket.readyState === socket.OPEN; n += 1) socket.send('{"type":"more"}');
        if (socket.readyState === socket.OPEN) setImmediate(flood);
      };
      flood();
    });
    try {
      const url = `ws://127.0.0.1:${(flooding.address() as AddressInfo).port}`;
      const client = new Client({ name: 'client', url, protocols: [], timeout: 20_000, trace: new Trace() });
      await client.ended();
      expect([client.ending?.reason, client.frames.length]).toEqual([
        'the kit reads no more than 20000 frames',
        20_000,
      ]);
    } finally {
      for (const client of flooding.clients) client.terminate();
      flooding.close();
    }
  });
});
