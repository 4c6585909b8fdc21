import { leaveIdle } from '../support/idle-links.js';
import { requireTool } from '../tools/tools.js';

/** Everything as it comes: nginx closes an idle link after 60 s, and the client asks every 30 s. */
export async function proveNginx(log: (text: string) => void): Promise<string[]> {
  const [nginx] = requireTool('nginx') ?? [];
  if (nginx === undefined) return ['nginx is not installed'];
  const { withHeartbeat, without } = await leaveIdle(nginx, 130_000);
  log(`with the heartbeat, after 130 s: ${withHeartbeat.status}, closed ${withHeartbeat.closes.length} times`);
  log(`without: ${without.closes[0]} after ${((without.lasted ?? Number.NaN) / 1_000).toFixed(1)} s`);
  return [
    ...(withHeartbeat.closes.length > 0 ? ['with the heartbeat it was closed'] : []),
    ...(without.closes.length === 0 ? ['without the heartbeat it was not closed, so this shows nothing'] : []),
  ];
}
