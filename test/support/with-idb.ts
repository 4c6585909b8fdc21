import { join } from 'node:path';
import { build } from 'esbuild';

/**
 * Puts `indexeddb-with-idb.js` beside the built package: the same file with its peer dependency, as an app's bundler
 * would make it, for pages without a bundler.
 */
export async function bundleWithIdb(packageFolder: string): Promise<void> {
  await build({
    entryPoints: [join(packageFolder, 'indexeddb.js')],
    outfile: join(packageFolder, 'indexeddb-with-idb.js'),
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    logLevel: 'error',
  });
}
