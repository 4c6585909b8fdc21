import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** Every client of the bench: how it is called, and its page. */
export const subjects = {
  bare: 'bare.ts',
  ReliableSocket: 'reliable-socket.ts',
  'ReliableSocket, each outcome awaited': 'reliable-socket-settled.ts',
  partysocket: 'partysocket.ts',
  rews: 'rews.ts',
  'reconnecting-websocket': 'reconnecting-websocket.ts',
  'socket.io': 'socket-io.ts',
} as const;

export type SubjectName = keyof typeof subjects;

/** A page's script, as an application would ship it. @param minify Without it functions keep their names. @default true */
export async function bundle(name: SubjectName, minify: boolean = true): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(`page/${subjects[name]}`, import.meta.url))],
    bundle: true,
    minify,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    write: false,
    logLevel: 'error',
  });
  return outputFiles[0]?.text ?? '';
}
