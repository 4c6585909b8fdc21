import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

/** The package is not bundled into the servers: what runs is what is published. */
const builtPackage: Plugin = {
  name: 'built-package',
  setup({ onResolve }) {
    onResolve({ filter: /\/src\/server\/(crossws\/)?index\.js$/ }, ({ path }) => ({
      path: path.includes('crossws') ? '../server/crossws.js' : '../server.js',
      external: true,
    }));
  },
};

/** Puts a server for each runtime into the folder `servers` of the built package. */
export async function buildServers(packageFolder: string): Promise<void> {
  await build({
    entryPoints: ['bun.ts', 'deno.ts', 'workerd.ts'].map((file) => fileURLToPath(new URL(file, import.meta.url))),
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    target: 'es2022',
    outdir: join(packageFolder, 'servers'),
    plugins: [builtPackage],
    logLevel: 'error',
  });
}
