import { fileURLToPath } from 'node:url';
import { build, type Rolldown } from 'vite';

export interface PageFile {
  readonly contentType: string;
  readonly body: string | Uint8Array;
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
};

/** Builds the page of this folder with vite. Nothing is written to the disk: the files are by their paths, `/index.html` among them. */
export async function buildPage(folder: URL): Promise<ReadonlyMap<string, PageFile>> {
  const built = await build({
    configFile: false,
    root: fileURLToPath(folder),
    logLevel: 'warn',
    build: { write: false, modulePreload: { polyfill: false } },
  });
  const { output } = built as Rolldown.RolldownOutput; // one build that neither watches nor has several outputs
  return new Map(
    output.map((file) => {
      const extension = file.fileName.split('.').at(-1) ?? '';
      const contentType = CONTENT_TYPES[extension] ?? 'application/octet-stream';
      return [`/${file.fileName}`, { contentType, body: file.type === 'chunk' ? file.code : file.source }];
    }),
  );
}
