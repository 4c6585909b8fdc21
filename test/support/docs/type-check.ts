import { join } from 'node:path';
import ts from 'typescript';
import { root } from '../child.js';
import type { Block } from './blocks.js';
import { READER, UNTYPED } from './reader.js';

const SHARED: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2022.d.ts', 'lib.dom.d.ts', 'lib.esnext.disposable.d.ts'],
  types: ['node'],
  module: ts.ModuleKind.Preserve,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  moduleDetection: ts.ModuleDetectionKind.Force,
  jsx: ts.JsxEmit.Preserve,
  paths: { 'reliable-socket': ['./src/index.ts'], 'reliable-socket/*': ['./src/*/index.ts'] },
  baseUrl: root,
  skipLibCheck: true,
  noEmit: true,
};
/** Who shows types is held to them; plain JavaScript may leave out what would be one. */
const STRICT = { strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true };
const LOOSE = { allowJs: true, checkJs: true, strict: false };

/** Where it is as a file, and what it holds. */
type Files = ReadonlyMap<string, string>;

const fileOf = ({ page, line, language }: Block): string =>
  join(root, `${page.replaceAll('/', '-')}-${line}.${language}`);

/** Both programs share what is long: the libraries and this package. */
const parsed = new Map<string, ts.SourceFile | undefined>();

const programOf = (files: Files, options: ts.CompilerOptions): ts.Program => {
  const host = ts.createCompilerHost(options);
  const { fileExists, getSourceFile } = host;
  host.fileExists = (name) => files.has(name) || fileExists(name);
  host.getSourceFile = (name, target, ...rest) => {
    const text = files.get(name);
    if (text !== undefined) return ts.createSourceFile(name, text, target);
    if (!parsed.has(name)) parsed.set(name, getSourceFile(name, target, ...rest));
    return parsed.get(name);
  };
  return ts.createProgram([...files.keys()], options, host);
};

/** What the compiler says of each block as a file of its reader's, with the line of the page. */
export const typeCheck = (blocks: readonly Block[]): string[] => {
  const reader = join(root, 'reader.ts');
  const filesOf = (fits: (block: Block) => boolean): [string, string][] =>
    blocks.filter(fits).map((block) => [fileOf(block), block.code]);
  const typed = new Map([[reader, READER], ...filesOf(({ language }) => language !== 'js')]);
  const plain = new Map([
    [reader, READER],
    [join(root, 'untyped.d.ts'), UNTYPED],
    ...filesOf((b) => b.language === 'js'),
  ]);
  const strict = programOf(typed, { ...SHARED, ...STRICT });
  const loose = programOf(plain, { ...SHARED, ...LOOSE });

  const tell = (program: ts.Program, name: string, page: string, line: number): string[] =>
    ts.getPreEmitDiagnostics(program, program.getSourceFile(name)).map(({ file, start = 0, messageText }) => {
      const at = line + (file?.getLineAndCharacterOfPosition(start).line ?? 0);
      return `${page}:${at}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
    });
  return [
    ...tell(strict, reader, 'reader.ts', 1),
    ...blocks.flatMap((block) => tell(block.language === 'js' ? loose : strict, fileOf(block), block.page, block.line)),
  ];
};
