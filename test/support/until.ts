/**
 * Waits for a condition, never for a duration: a slow machine makes a test slow,
 * not wrong. Rejects with `message` after `timeout` ms (default 60,000).
 */
export async function until(
  condition: () => boolean,
  { timeout = 60_000, message = String(condition) }: { timeout?: number; message?: string } = {},
): Promise<void> {
  const end = performance.now() + timeout;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`after ${timeout} ms still not: ${message}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
