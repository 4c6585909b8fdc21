import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { root as project } from '../support/child.js';
import { singleFile } from '../support/single-file.js';

// React Native compiles ahead with this compiler, so what it does not know can not be shipped. It runs nothing.

const PLATFORMS: Partial<Record<NodeJS.Platform, string>> = {
  linux: 'linux64-bin/hermesc',
  darwin: 'osx-bin/hermesc',
  win32: 'win64-bin/hermesc.exe',
};
const root = dirname(createRequire(import.meta.url).resolve('hermes-compiler/package.json'));
const hermesc = join(root, 'hermesc', PLATFORMS[process.platform] ?? '');
const folder = mkdtempSync(join(tmpdir(), 'hermes-'));
const [input, output] = [join(folder, 'in.js'), join(folder, 'out.hbc')];

afterAll(() => rmSync(folder, { recursive: true }));

const compile = (text: string): void => {
  writeFileSync(input, text);
  execFileSync(hermesc, ['-O', '-emit-binary', '-out', output, input], { stdio: 'pipe' });
  // The magic number of its bytecode.
  expect(readFileSync(output).readBigUInt64LE()).toBe(0x1f19_03c1_03bc_1fc6n);
};

describe('the Hermes compiler', () => {
  it.each([false, true])('takes the built package (minified: %s)', async (minify) => {
    compile(await singleFile(inject('packageFolder'), minify));
  });

  it('takes the app of the example, with the built package in it', async () => {
    const { outputFiles } = await build({
      entryPoints: [join(project, 'examples/react-native/App.tsx')],
      bundle: true,
      format: 'cjs',
      target: 'es2022',
      jsx: 'automatic',
      alias: { 'reliable-socket': join(inject('packageFolder'), 'index.js') },
      external: ['react', 'react/jsx-runtime', 'react-native', '@react-native-community/netinfo'],
      write: false,
      logLevel: 'error',
    });
    const text = outputFiles[0]?.text ?? '';
    for (const part of ['react-native', 'jsx-runtime', 'reactNativeLifecycle', 'ReliableSocket']) {
      expect(text).toContain(part);
    }
    compile(text);
  });

  it('refuses what is no JavaScript', () => {
    writeFileSync(input, 'class { #');
    expect(spawnSync(hermesc, ['-emit-binary', '-out', output, input]).status).not.toBe(0);
  });
});
