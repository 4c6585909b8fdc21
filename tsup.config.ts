import { defineConfig, type Options } from 'tsup';

const options: Options = {
  // One line for each subpath in package.json "exports".
  entry: {
    index: 'src/index.ts',
    server: 'src/server/index.ts',
    'server/redis': 'src/server/redis/index.ts',
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
  clean: true,
};

export default defineConfig(options) as Options;
