import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../child.js';
import { type Program, startProgram } from './program.js';

const SAY_PORT = "wss.on('listening', () => console.log(`listening on $" + '{wss.address().port}`));';

/** Starts the server that a page shows, as a reader would copy it, but on a free port. */
export function startSnippet(page: string): Promise<Program> {
  const [, code = ''] =
    /^```js\n(import { WebSocketServer }.*?)^```$/ms.exec(readFileSync(join(root, page), 'utf8')) ?? [];
  const free = code.replace('port: 8080', "port: 0, host: '127.0.0.1'");
  return startProgram(process.execPath, ['--input-type=module', '--eval', `${free}\n${SAY_PORT}`]);
}
