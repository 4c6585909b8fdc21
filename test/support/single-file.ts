import { join } from 'node:path';
import { build } from 'esbuild';

/** The built package as one script that sets the global `library`, as a bundler would make it for an old target. */
export async function singleFile(packageFolder: string, minify: boolean = false): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(packageFolder, 'index.js')],
    bundle: true,
    minify,
    format: 'iife',
    globalName: 'library',
    platform: 'neutral',
    target: 'es2022',
    write: false,
    logLevel: 'error',
  });
  const [file] = outputFiles;
  if (file === undefined) throw new Error('esbuild wrote nothing');
  return file.text;
}
