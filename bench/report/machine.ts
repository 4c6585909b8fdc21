import { readFile } from 'node:fs/promises';
import { cpus, loadavg, release, totalmem, type } from 'node:os';
import { renderRows } from '../support/table.js';

const packages = ['ws', 'partysocket', 'reconnecting-websocket', '@nktkas/rews', 'socket.io-client', 'socket.io'];

/** What the figures were measured on and with. */
export async function renderMachine(chromium: string | undefined): Promise<string> {
  const [cpu] = cpus();
  const rows = [
    ['date', new Date().toISOString().slice(0, 10)],
    ['processor', `${cpu?.model.trim() ?? 'unknown'}, ${cpus().length} cores`],
    ['memory', `${Math.round(totalmem() / 2 ** 30)} GiB`],
    ['system', `${type()} ${release()}`],
    [
      'load at the end',
      loadavg()
        .map((load) => load.toFixed(1))
        .join(', '),
    ],
    ['Node', process.versions.node],
    ...(chromium === undefined ? [] : [['Chromium', chromium]]),
  ];
  for (const name of packages) rows.push([name, await versionOf(name)]);
  return renderRows(['', ''], rows);
}

async function versionOf(name: string): Promise<string> {
  const file = new URL(`../../node_modules/${name}/package.json`, import.meta.url);
  return JSON.parse(await readFile(file, 'utf8')).version;
}
