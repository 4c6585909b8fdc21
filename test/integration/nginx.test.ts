import { describe, expect, it } from 'vitest';
import { leaveIdle } from '../support/idle-links.js';
import { requireTool } from '../tools/tools.js';

const [nginx] = requireTool('nginx') ?? [];

describe.skipIf(nginx === undefined)('an idle link behind nginx', () => {
  it('lives with the heartbeat, and is closed without it', async () => {
    const heartbeat = { interval: 500, timeout: 3_000 };
    const { withHeartbeat, without } = await leaveIdle(nginx ?? '', 6_000, heartbeat, '2s');
    expect(withHeartbeat).toEqual({ closes: [], lasted: undefined, status: 'open' });
    expect(without.closes[0]).toBe('1006 peer');
    expect(without.lasted).toBeGreaterThan(1_900);
    expect(without.lasted).toBeLessThan(5_500);
  });
});
