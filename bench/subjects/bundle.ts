import { fileURLToPath } from 'node:url';
import { type BuildOptions, build } from 'esbuild';

/** Every client of the bench: how it is called, and where it is made. */
export const subjects = {
  bare: 'bare.ts',
  ReliableSocket: 'reliable-socket.ts',
  'ReliableSocket, each outcome awaited': 'reliable-socket-settled.ts',
  'ReliableSocket, room for all': 'reliable-socket-roomy.ts',
  partysocket: 'partysocket.ts',
  rews: 'rews.ts',
  'reconnecting-websocket': 'reconnecting-websocket.ts',
  'socket.io': 'socket-io.ts',
} as const;

export type SubjectName = keyof typeof subjects;

/** A page's script, as an application would ship it. @param minify Without it functions keep their names. @default true */
export function bundleForPage(name: SubjectName, minify: boolean = true): Promise<string> {
  return bundle({ entryPoints: [fileOf(`./${subjects[name]}`)], minify, format: 'iife', platform: 'browser' });
}

/** A script for Node, of a client or of another file. */
export function bundleForNode(file: string): Promise<string> {
  return bundle({ entryPoints: [fileOf(file)], format: 'cjs', platform: 'node' });
}

async function bundle(options: BuildOptions): Promise<string> {
  const { outputFiles } = await build({
    ...options,
    bundle: true,
    target: 'es2022',
    write: false,
    logLevel: 'error',
  });
  return outputFiles?.[0]?.text ?? '';
}

function fileOf(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}
