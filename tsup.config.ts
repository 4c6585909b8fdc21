import { readFileSync } from 'node:fs';
import { defineConfig, type Options } from 'tsup';

const options: Options = {
  // One line for each subpath in package.json "exports".
  entry: {
    index: 'src/index.ts',
    websocket: 'src/websocket/index.ts',
    tabs: 'src/tabs/index.ts',
    'worker-clock': 'src/worker-clock/index.ts',
    indexeddb: 'src/indexeddb/index.ts',
    'store-contract': 'src/store-contract/index.ts',
    testing: 'src/testing/index.ts',
    server: 'src/server/index.ts',
    'server/redis': 'src/server/redis/index.ts',
    'server/crossws': 'src/server/crossws/index.ts',
  },
  format: ['esm', 'cjs'],
  target: 'es2022',
  // The main entry runs anywhere, so a builtin of Node is never assumed, and never bundled.
  platform: 'neutral',
  external: [/^node:/],
  removeNodeProtocol: false,
  // Subpaths share their chunks in both formats, or one class would exist twice.
  splitting: true,
  treeshake: true,
  minify: false,
  sourcemap: true,
  // The bundler of types drops the reference, and a user without the lib could not read `Symbol.asyncDispose`.
  dts: { banner: '/// <reference lib="esnext.disposable" />' },
  clean: ['**/*', '!cli/**'],
};

// `npx reliable-socket`: `ws` goes into the file, so that it runs where nothing else is installed.
const cli: Options = {
  entry: { 'cli/main': 'src/cli/main.ts' },
  format: ['cjs'],
  target: 'node20',
  platform: 'node',
  noExternal: ['ws'],
  external: ['bufferutil', 'utf-8-validate'],
  banner: {
    js: `/*! With ws (https://github.com/websockets/ws):\n${readFileSync('node_modules/ws/LICENSE', 'utf8')}*/`,
  },
  splitting: false,
  // The bin finds the package that it belongs to by `import.meta.url`.
  shims: true,
  clean: ['cli/**'],
};

export default defineConfig([options, cli]) as Options[];
