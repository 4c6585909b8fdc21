import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { root } from '../support/child.js';

const folder = join(root, 'src');
const ENTRIES = ['index', 'websocket/index', 'tabs/index', 'worker-clock/index', 'server/index', 'server/redis/index'];

/** The compiler writes a member named by a symbol twice when it takes a file by itself; a build has it once. */
const DUPLICATE_IDENTIFIER = 2300;

const optionsWith = (lib: readonly string[], types: readonly string[]): ts.CompilerOptions => ({
  target: ts.ScriptTarget.ES2022,
  lib: [...lib, 'lib.esnext.disposable.d.ts'],
  types: [...types],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  strict: true,
  noEmit: true,
});

/** The declarations that a user's compiler reads: `isolatedDeclarations` lets each file be taken by itself. */
const declarations = new Map<string, string>();
for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
  if (!name.endsWith('.ts') || /^(cli|testing)\b/.test(name)) continue;
  const text = readFileSync(join(folder, name), 'utf8');
  const { outputText } = ts.transpileDeclaration(text, { compilerOptions: { target: ts.ScriptTarget.ES2022 } });
  declarations.set(join(folder, name.replace(/\.ts$/, '.d.ts')), outputText);
}

/** What a user without `skipLibCheck` is told. */
const complaints = (options: ts.CompilerOptions): string[] => {
  const host = ts.createCompilerHost(options);
  const { fileExists, getSourceFile, readFile } = host;
  const isSource = (name: string): boolean => name.startsWith(folder) && !declarations.has(name);
  host.fileExists = (name) => declarations.has(name) || (!isSource(name) && fileExists(name));
  host.readFile = (name) => declarations.get(name) ?? readFile(name);
  host.getSourceFile = (name, target, ...rest) => {
    const text = declarations.get(name);
    return text === undefined ? getSourceFile(name, target, ...rest) : ts.createSourceFile(name, text, target);
  };
  const program = ts.createProgram(
    ENTRIES.map((entry) => join(folder, `${entry}.d.ts`)),
    options,
    host,
  );
  const files = program.getSourceFiles().filter(({ fileName }) => declarations.has(fileName));
  expect(files.length).toBeGreaterThan(50);
  return files
    .flatMap((file) => program.getSemanticDiagnostics(file))
    .filter(({ code }) => code !== DUPLICATE_IDENTIFIER)
    .map(({ file, messageText }) => {
      const text = ts.flattenDiagnosticMessageText(messageText, ' ');
      return `${relative(folder, file?.fileName ?? '')}: ${text}`;
    });
};

/** The file in which a compiler finds the types of a name, in a project that has the package among its modules. */
const foundFrom = (name: string, options: ts.CompilerOptions): string | undefined => {
  const home = '/app/node_modules/reliable-socket/';
  const manifest = readFileSync(join(root, 'package.json'), 'utf8');
  const host: ts.ModuleResolutionHost = {
    fileExists: (file) =>
      file === `${home}package.json` || (file.startsWith(`${home}dist/`) && file.endsWith('.d.cts')),
    readFile: (file) => (file === `${home}package.json` ? manifest : undefined),
    directoryExists: (folder) => `${home}dist/`.startsWith(folder) || folder.startsWith(`${home}dist`),
  };
  const { resolvedModule } = ts.resolveModuleName(name, '/app/main.ts', options, host);
  return resolvedModule?.resolvedFileName.replace(home, './');
};

describe('the declarations of the package', () => {
  it('are at home in Node, without those of a browser', () => {
    expect(complaints(optionsWith(['lib.es2022.d.ts'], ['node']))).toEqual([]);
  });

  it('are at home in a browser, without those of Node', () => {
    expect(complaints(optionsWith(['lib.es2022.d.ts', 'lib.dom.d.ts'], []))).toEqual([]);
  });

  it('are found by a compiler that does not read `exports`, as with "module": "commonjs" up to TypeScript 5', () => {
    const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const names = Object.keys(exports).filter((name) => name !== './package.json');
    expect(names.length).toBeGreaterThan(5);
    for (const name of names) {
      const file = foundFrom(join('reliable-socket', name), { moduleResolution: ts.ModuleResolutionKind.Node10 });
      expect(file, name).toBe(exports[name].require.types);
    }
  });
});
