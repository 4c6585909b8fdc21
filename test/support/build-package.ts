import { join } from 'node:path';
import { build } from 'tsup';
import { root } from './child.js';

/**
 * Builds the package as it is published, types left out, into a folder of `.cache`, so that no test runs against an old
 * `dist`. Returns the folder.
 */
export async function buildPackage(name: string): Promise<string> {
  const outDir = join(root, '.cache', name);
  await build({ outDir, dts: false, silent: true });
  return outDir;
}
