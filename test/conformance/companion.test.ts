import { describe, expect, it } from 'vitest';
import { type Report, runConformance } from '../../src/cli/conformance/run.js';
import type { Target } from '../../src/cli/conformance/target.js';
import type { ReplayLog, ServerOptions } from '../../src/server/index.js';
import { redisLog } from '../../src/server/redis/index.js';
import { type Companion, startCompanion } from '../support/companion.js';
import { testApp } from '../support/companion-app.js';
import { PATIENCE } from '../support/conformance/patience.js';
import { hasRedis, TestRedis } from '../support/redis.js';

/** What the companion shows only if it is set up for it. */
const NEEDS_A_SETTING = [
  'liveness/heartbeat',
  'resume/replay-before-pong',
  'epoch/welcome-bare',
  'channels/default-stream',
  'auth/first-frame',
].map((id) => expect.stringMatching(`^${id}: not offered`));

const rest = ({ results }: Report): string[] =>
  results.filter(({ outcome }) => outcome !== 'pass').map(({ id, outcome, reason }) => `${id}: ${outcome}, ${reason}`);

async function check(options: ServerOptions = {}, target: Partial<Target> = {}, log?: ReplayLog): Promise<Report> {
  const companion: Companion = await startCompanion({ ...testApp(() => companion.server, log), ...options });
  try {
    return await runConformance({ ...PATIENCE, ...target, url: companion.url, level: 'full' });
  } finally {
    await companion.stop();
  }
}

describe('reliable-socket/server', () => {
  it.concurrent('keeps the level full with its log in memory', async () => {
    expect(rest(await check())).toEqual(NEEDS_A_SETTING);
  });

  it.concurrent.each<[what: string, options: ServerOptions, target: Partial<Target>, extra: string]>([
    ['tokens in the first frame', { auth: { via: 'message' } }, { auth: 'message', token: 'ann' }, 'auth/first-frame'],
    ['the cursor in a frame', { resume: { via: 'message' } }, { resume: 'message' }, 'epoch/welcome-bare'],
    [
      'tokens and the cursor in frames',
      { auth: { via: 'message' }, resume: { via: 'message' } },
      { auth: 'message', resume: 'message', token: 'ann' },
      'epoch/welcome-bare',
    ],
    ['a rate', { limits: { messagesPerSecond: 200 } }, {}, 'epoch/rate'],
    ['a short heartbeat', { heartbeat: 4_000 }, {}, 'liveness/heartbeat'],
  ])('keeps the level full with %s', async (_, options, target, extra) => {
    const report = await check(options, target);
    expect(rest(report).filter((line) => !line.includes('not offered') || line.startsWith(extra))).toEqual([]);
    expect(report.ok).toBe(true);
  });

  it.skipIf(!hasRedis)('keeps the level full with its log in Redis', async () => {
    const redis = await TestRedis.start();
    const log = redisLog(await redis.client());
    try {
      expect(rest(await check({}, {}, log))).toEqual(NEEDS_A_SETTING);
    } finally {
      log.close();
      await redis.stop();
    }
  });
});
