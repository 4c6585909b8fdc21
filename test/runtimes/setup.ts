import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import type { TestProject } from 'vitest/node';
import { buildPackage } from '../support/build-package.js';
import { startRemoteHost } from '../support/remote-host.js';
import { bundleWithIdb } from '../support/with-idb.js';
import { buildServers } from './servers/build.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder with the built package; `main.js` and `worker.js` beside it import it. */
    readonly packageFolder: string;
  }
}

/** The package is not bundled into the smoke: what runs is the file that is published. */
const builtPackage: Plugin = {
  name: 'built-package',
  setup({ onResolve }) {
    onResolve({ filter: /\/src\/index\.js$/ }, () => ({ path: './index.js', external: true }));
  },
};

/** Builds the package and the smoke, and starts the host. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const packageFolder = await buildPackage(project.name);
  await build({
    entryPoints: ['main.ts', 'worker.ts'].map((file) => fileURLToPath(new URL(file, import.meta.url))),
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    target: 'es2022',
    external: ['ws'],
    outdir: packageFolder,
    plugins: [builtPackage],
    logLevel: 'error',
  });
  await bundleWithIdb(packageFolder);
  await buildServers(packageFolder);
  const host = await startRemoteHost(packageFolder);
  project.provide('host', host.url);
  project.provide('packageFolder', packageFolder);
  return () => host.close();
}
