import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

/** A file of src: its path from there, with slashes. */
interface Source {
  readonly path: string;
  readonly text: string;
}

interface Imported {
  /** Path from src, or the name of a package. */
  readonly from: string;
  readonly typesOnly: boolean;
}

const root = new URL('../src/', import.meta.url);
const sources: readonly Source[] = readdirSync(root, { recursive: true, withFileTypes: true })
  .filter((file) => file.isFile() && file.name.endsWith('.ts'))
  .map((file) => {
    const folder = file.parentPath.replaceAll('\\', '/').split('/src')[1] ?? '';
    const path = `${folder}/${file.name}`.replace(/^\/+/, '');
    return { path, text: readFileSync(new URL(path, root), 'utf8') };
  })
  .sort((a, b) => a.path.localeCompare(b.path));

const parse = ({ path, text }: Source): ts.SourceFile => ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
const within = (path: string, ...folders: string[]): boolean => folders.some((folder) => path.startsWith(`${folder}/`));

const walk = (node: ts.Node, visit: (node: ts.Node) => void): void => {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
};

const importsOf = (source: Source): Imported[] => {
  const found: Imported[] = [];
  const add = (specifier: ts.Node | undefined, typesOnly: boolean): void => {
    if (!specifier || !ts.isStringLiteral(specifier)) return;
    const { text } = specifier;
    const from = text.startsWith('.') ? posix.join(posix.dirname(source.path), text.replace(/\.js$/, '.ts')) : text;
    found.push({ from, typesOnly });
  };
  walk(parse(source), (node) => {
    if (ts.isImportDeclaration(node)) {
      const clause = node.importClause;
      const bindings = clause?.namedBindings;
      const each =
        !clause?.name && bindings && ts.isNamedImports(bindings) && bindings.elements.every((one) => one.isTypeOnly);
      add(node.moduleSpecifier, clause?.isTypeOnly === true || each === true);
    } else if (ts.isExportDeclaration(node)) {
      const each =
        node.exportClause &&
        ts.isNamedExports(node.exportClause) &&
        node.exportClause.elements.every((e) => e.isTypeOnly);
      add(node.moduleSpecifier, node.isTypeOnly || each === true);
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      add(node.argument.literal, true);
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node.arguments[0], false);
    }
  });
  return found;
};

/** True if a name is declared around this place, so that it is not the global. */
const isLocal = (identifier: ts.Identifier): boolean => {
  const declares = (name: ts.BindingName): boolean =>
    ts.isIdentifier(name)
      ? name.text === identifier.text
      : name.elements.some((element) => ts.isBindingElement(element) && declares(element.name));
  const inStatement = (statement: ts.Statement): boolean => {
    if (ts.isVariableStatement(statement)) return statement.declarationList.declarations.some((d) => declares(d.name));
    const bindings = ts.isImportDeclaration(statement) ? statement.importClause?.namedBindings : undefined;
    return bindings !== undefined && ts.isNamedImports(bindings) && bindings.elements.some((e) => declares(e.name));
  };
  for (let scope: ts.Node = identifier; scope; scope = scope.parent) {
    if (ts.isFunctionLike(scope) && scope.parameters.some((parameter) => declares(parameter.name))) return true;
    if ((ts.isBlock(scope) || ts.isSourceFile(scope)) && scope.statements.some(inStatement)) return true;
  }
  return false;
};

/** The globals of these names that a file uses as values: not in comments, texts or types, nor as names of members. */
const globalsOf = (source: Source, names: readonly string[]): string[] => {
  const found = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return;
    if (ts.isIdentifier(node) && names.includes(node.text)) {
      const { parent } = node;
      const isMember =
        (ts.isPropertyAccessExpression(parent) && parent.name === node && !isGlobalObject(parent.expression)) ||
        ((ts.isPropertyAssignment(parent) ||
          ts.isPropertyDeclaration(parent) ||
          ts.isMethodDeclaration(parent) ||
          ts.isBindingElement(parent)) &&
          (parent.name === node || (ts.isBindingElement(parent) && parent.propertyName === node)));
      if (!isMember && !isLocal(node)) found.add(node.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(parse(source));
  return [...found];
};
const isGlobalObject = (node: ts.Expression): boolean => {
  const bare = ts.isParenthesizedExpression(node) || ts.isAsExpression(node) ? node.expression : node;
  if (bare !== node) return isGlobalObject(bare);
  return ts.isIdentifier(bare) && ['globalThis', 'window', 'self', 'global'].includes(bare.text);
};

const COMPOSERS = ['session', 'traffic', 'dialer', 'inbound', 'outbound'].map((name) => `core/${name}.ts`);
const SHARED = 'core/io.ts';
const WEBSOCKET_LEAVES = ['connection', 'deadlines', 'backoff'].map((name) => `core/${name}.ts`);
const WEBSOCKET_TYPES = [SHARED, 'core/backoff.ts'];
const SURROUNDINGS = [
  'setTimeout',
  'setInterval',
  'Date',
  'crypto',
  'WebSocket',
  'window',
  'document',
  'navigator',
  'Buffer',
  'process',
];
const STORES = ['indexeddb', 'store-contract'];
const MAY_TOUCH_SURROUNDINGS = [
  'lifecycle',
  'testing',
  'cli',
  'websocket',
  'worker-clock',
  ...STORES,
  'tabs',
  'server',
];
const MOST_LINES = 320;

/** Each rule answers what breaks it. */
const rules: { readonly [rule: string]: (source: Source) => string[] } = {
  'core/ imports only core/, and types from protocol/': (source) =>
    within(source.path, 'core')
      ? importsOf(source)
          .filter(({ from, typesOnly }) => !within(from, 'core') && !(within(from, 'protocol') && typesOnly))
          .map(({ from }) => from)
      : [],
  'leaves of core/ do not import each other, only composers compose': (source) =>
    within(source.path, 'core') && !COMPOSERS.includes(source.path)
      ? importsOf(source)
          .filter(({ from, typesOnly }) => within(from, 'core') && !(from === SHARED && typesOnly))
          .map(({ from }) => from)
      : [],
  'core/io.ts holds types and nothing else': (source) =>
    source.path === SHARED
      ? parse(source)
          .statements.filter(
            (s) => !ts.isImportDeclaration(s) && !ts.isInterfaceDeclaration(s) && !ts.isTypeAliasDeclaration(s),
          )
          .map((statement) => statement.getText().slice(0, 40))
      : [],
  'clock, timers, chance, socket and page are reached through environment.ts and lifecycle/': (source) => {
    if (source.path === 'environment.ts' || within(source.path, ...MAY_TOUCH_SURROUNDINGS)) return [];
    const random: string[] = [];
    walk(parse(source), (node) => {
      if (ts.isPropertyAccessExpression(node) && /^Math\??\.random$/.test(node.getText())) random.push('Math.random');
    });
    return [...globalsOf(source, SURROUNDINGS), ...random];
  },
  'only cli/, and the debug option of websocket/, write to the console': (source) =>
    within(source.path, 'cli') || source.path === 'websocket/options.ts' ? [] : globalsOf(source, ['console']),
  'websocket/ is a second shell: of core/ it takes three leaves, and composes them in one file': (source) =>
    within(source.path, 'websocket')
      ? importsOf(source)
          .filter(({ from, typesOnly }) => within(from, 'core') && !(typesOnly && WEBSOCKET_TYPES.includes(from)))
          .filter(({ from }) => !(source.path === 'websocket/reconnector.ts' && WEBSOCKET_LEAVES.includes(from)))
          .map(({ from }) => from)
      : [],
  'stores know of the client what is public: its types, its errors and how options are checked': (source) =>
    within(source.path, ...STORES)
      ? importsOf(source)
          .filter(({ from, typesOnly }) => !(typesOnly && from === 'index.ts') && !within(from, ...STORES))
          .filter(({ from }) => !['errors.ts', 'checks.ts', 'names.ts', 'idb'].includes(from))
          .map(({ from }) => from)
      : [],
  'nothing else imports websocket/': (source) =>
    within(source.path, 'websocket')
      ? []
      : importsOf(source)
          .filter(({ from }) => within(from, 'websocket'))
          .map(({ from }) => from),
  'testing/ does not import core/': (source) =>
    within(source.path, 'testing')
      ? importsOf(source)
          .filter(({ from }) => within(from, 'core'))
          .map(({ from }) => from)
      : [],
  'the conformance kit stands on its own: it tells of servers, and must not share a fault with our client': (source) =>
    within(source.path, 'cli/conformance')
      ? importsOf(source)
          .filter(({ from }) => from !== 'ws' && !from.startsWith('node:') && !within(from, 'cli/conformance'))
          .map(({ from }) => from)
      : [],
  'server/ and the client share protocol/ and nothing else': (source) =>
    importsOf(source)
      .filter(({ from }) =>
        within(source.path, 'server')
          ? from.endsWith('.ts') && !within(from, 'server', 'protocol')
          : within(from, 'server') && !within(source.path, 'cli'),
      )
      .map(({ from }) => from),
  'server/session/ is pure': (source) =>
    within(source.path, 'server/session')
      ? [
          ...globalsOf(source, SURROUNDINGS),
          ...importsOf(source)
            .filter(
              ({ from, typesOnly }) => !typesOnly && !within(from, 'server/session') && from !== 'server/errors.ts',
            )
            .map(({ from }) => from),
        ]
      : [],
  'only session.ts composes the parts of server/session/': (source) =>
    within(source.path, 'server/session') && source.path !== 'server/session/session.ts'
      ? importsOf(source)
          .filter(
            ({ from, typesOnly }) =>
              within(from, 'server/session') &&
              !typesOnly &&
              !['server/session/epoch.ts', 'server/session/names.ts'].includes(from),
          )
          .map(({ from }) => from)
      : [],
  'no file is too long to read': (source) => {
    const lines = source.text.trimEnd().split('\n').length;
    return lines > MOST_LINES && !within(source.path, 'testing', 'cli') ? [`${lines} lines`] : [];
  },
};

const breaches = (rule: string, files: readonly Source[]): string[] =>
  files.flatMap((source) =>
    (rules[rule] as (source: Source) => string[])(source).map((what) => `${source.path}: ${what}`),
  );

describe('the house', () => {
  it('was read whole', () => {
    const paths = sources.map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining(['index.ts', 'environment.ts', SHARED, 'protocol/json.ts', ...COMPOSERS]),
    );
    expect(importsOf(sources.find(({ path }) => path === 'core/session.ts') as Source).length).toBeGreaterThan(3);
  });

  for (const rule of Object.keys(rules)) {
    it(rule, () => {
      expect(breaches(rule, sources)).toEqual([]);
    });
  }
});

describe('the rules', () => {
  const long = 'export const a = 1;\n'.repeat(MOST_LINES + 1);
  it.each<[rule: string, path: string, text: string]>([
    ['core/ imports', 'core/a.ts', "import { x } from '../errors.js';"],
    ['core/ imports', 'core/a.ts', "import type { X } from '../environment.js';"],
    ['core/ imports', 'core/session.ts', "import { json } from '../protocol/json.js';"],
    ['core/ imports', 'core/a.ts', "import { readFile } from 'node:fs';"],
    ['core/ imports', 'core/a.ts', "export * from '../errors.js';"],
    ['core/ imports', 'core/a.ts', "type X = import('../errors.js').X;"],
    ['core/ imports', 'core/a.ts', "import { json, type X } from '../protocol/json.js';"],
    ['leaves', 'core/resume.ts', "import { x } from './backoff.js';"],
    ['leaves', 'core/resume.ts', "import type { X } from './backoff.js';"],
    ['leaves', 'core/resume.ts', "import type { X } from './session.js';"],
    ['leaves', 'core/resume.ts', "import { x } from './io.js';"],
    ['leaves', 'core/resume.ts', "const x = await import('./backoff.js');"],
    ['core/io.ts', 'core/io.ts', 'export const x = 1;'],
    ['clock', 'core/a.ts', 'const now = Date.now();'],
    ['clock', 'a.ts', 'setTimeout(() => {}, 1);'],
    ['clock', 'a.ts', 'const t = globalThis.setInterval(() => {}, 1);'],
    ['clock', 'a.ts', 'const x = Math.random();'],
    ['clock', 'a.ts', 'const random = Math.random;'],
    ['clock', 'protocol/a.ts', 'const x = crypto.randomUUID();'],
    ['clock', 'a.ts', 'const x = new WebSocket(url);'],
    ['clock', 'a.ts', 'const x = (globalThis as { WebSocket?: X }).WebSocket;'],
    ['clock', 'a.ts', 'if (window.x) document.title = navigator.userAgent;'],
    ['clock', 'a.ts', 'const f = (WebSocket: X) => WebSocket; const g = () => new WebSocket(url);'],
    ['clock', 'a.ts', 'const x = Buffer.from(process.argv[0]);'],
    ['only cli/', 'testing/a.ts', "console.log('x');"],
    ['only cli/', 'websocket/a.ts', "console.log('x');"],
    ['websocket/', 'websocket/reconnector.ts', "import { x } from '../core/session.js';"],
    ['websocket/', 'websocket/a.ts', "import { x } from '../core/backoff.js';"],
    ['websocket/', 'websocket/a.ts', "import type { X } from '../core/session.js';"],
    ['stores', 'indexeddb/a.ts', "import { createEntry } from '../entry.js';"],
    ['stores', 'indexeddb/a.ts', "import { ReliableSocket } from '../index.js';"],
    ['stores', 'store-contract/a.ts', "import type { Entry } from '../core/io.js';"],
    ['nothing else', 'a.ts', "import { x } from './websocket/index.js';"],
    ['testing/', 'testing/a.ts', "import type { X } from '../core/io.js';"],
    ['the conformance kit', 'cli/conformance/a.ts', "import { ReliableSocket } from '../../index.js';"],
    ['the conformance kit', 'cli/conformance/checks/a.ts', "import type { X } from '../../../protocol/frames.js';"],
    ['server/ and', 'server/a.ts', "import { x } from '../errors.js';"],
    ['server/ and', 'a.ts', "import { createServer } from './server/index.js';"],
    ['server/session/ is', 'server/session/a.ts', 'const now = Date.now();'],
    ['server/session/ is', 'server/session/a.ts', "import { memoryLog } from '../memory-log.js';"],
    ['only session.ts', 'server/session/inbox.ts', "import { createOutlet } from './outlet.js';"],
    ['no file', 'a.ts', long],
  ])('"%s ..." sees what %s must not have', (start, path, text) => {
    const rule = Object.keys(rules).find((name) => name.startsWith(start)) as string;
    expect(breaches(rule, [{ path, text }])).not.toEqual([]);
  });

  it.each<[path: string, text: string]>([
    ['core/resume.ts', "import type { X } from './io.js';\nimport { type Y } from '../protocol/frames.js';"],
    ['core/session.ts', "import { x } from './resume.js';\nimport { y } from './dialer.js';"],
    ['environment.ts', 'const x = Date.now() + Math.random(); setTimeout(() => {}, 1);'],
    ['a.ts', "// Date.now()\nconst x = 'setTimeout'; /* new WebSocket() */"],
    ['a.ts', 'interface WebSocketLike { WebSocket: WebSocket; date: Date }'],
    ['a.ts', 'const { WebSocket } = options; const socket = new WebSocket(options.WebSocket ?? url);'],
    ['a.ts', 'const make = (WebSocket: X): Date => new WebSocket();'],
    ['a.ts', 'const x = { Date: 1, process() {} }; x.process();'],
    ['cli/a.ts', "console.log('x');"],
    ['cli/conformance/checks/a.ts', "import { WebSocket } from 'ws';\nimport { x } from '../kit.js';"],
    ['websocket/options.ts', "console.log('x');"],
    ['websocket/reconnector.ts', "import { x } from '../core/backoff.js';\nimport type { Y } from '../core/io.js';"],
    ['indexeddb/a.ts', "import type { OutboxStore } from '../index.js';\nimport { openDB } from 'idb';"],
    ['server/a.ts', "import { json } from '../protocol/json.js';\nimport { createClient } from 'redis';"],
    [
      'server/session/session.ts',
      "import { createOutlet } from './outlet.js';\nimport type { X } from '../replay-log.js';",
    ],
    ['testing/a.ts', "import type { X } from '../environment.js';"],
    ['testing/a.ts', long],
  ])('leave alone what %s may have', (path, text) => {
    for (const rule of Object.keys(rules)) expect(breaches(rule, [{ path, text }])).toEqual([]);
  });
});
