import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

export interface SizeRow {
  readonly name: string;
  /** Bytes, minified. */
  readonly minified: number;
  /** Bytes, minified and then compressed. */
  readonly gzip: number;
}

/** What an application writes to get the client, and nothing more. */
const imports: Readonly<Record<string, string>> = {
  ReliableSocket: "export { ReliableSocket } from './src/index.js'",
  partysocket: "export { default } from 'partysocket/ws'",
  rews: "export { ReconnectingWebSocket } from '@nktkas/rews'",
  'reconnecting-websocket': "export { default } from 'reconnecting-websocket'",
  'socket.io': "export { io } from 'socket.io-client'",
};

/** Bundles every client in the same way, as for a browser. */
export function measureSizes(): Promise<SizeRow[]> {
  const rows = Object.entries(imports).map(async ([name, contents]): Promise<SizeRow> => {
    const { outputFiles } = await build({
      stdin: { contents, resolveDir: fileURLToPath(new URL('..', import.meta.url)), loader: 'ts' },
      bundle: true,
      minify: true,
      format: 'esm',
      platform: 'browser',
      target: 'es2022',
      write: false,
      logLevel: 'error',
    });
    const bytes = outputFiles[0]?.contents ?? new Uint8Array();
    return { name, minified: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length };
  });
  return Promise.all(rows);
}
