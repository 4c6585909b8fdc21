import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
// Safe: the flag above makes it.
const collectGarbage = runInNewContext('gc') as () => void;

/** Bytes that this process really holds, buffers included. */
export async function heldBytes(): Promise<number> {
  // What has just ended lets go of its buffers in the next turns.
  for (let i = 0; i < 3; i += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
