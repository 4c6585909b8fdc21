import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { findTool, folderOf, type ToolName, tools } from './tools.js';

// Installs what the tests need and the lock file can not bring. Without `--all` or CI=true it is only Chromium, and only
// where a package of Debian can be installed; whatever else is missing, its tests are skipped, and say so.

const { values } = parseArgs({ options: { all: { type: 'boolean', default: false } } });
const all = values.all || Boolean(process.env.CI);

/** Has a program run in sight. True if it went well. */
const run = (command: string, ...args: string[]): boolean => {
  console.log(`> ${command} ${args.join(' ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  // Nothing may ask, and standard output belongs to who called.
  return spawnSync(command, args, { env, stdio: ['ignore', 2, 2] }).status === 0;
};

// Safe: the table's own keys.
const wanted: readonly ToolName[] = all ? (Object.keys(tools) as ToolName[]) : ['chromium'];
const missing = wanted.filter((name) => findTool(name) === undefined);

const packages = missing.flatMap((name) => tools[name].debian ?? []);
if (packages.length > 0) {
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    const apt = ['-q', '-o', 'DPkg::Lock::Timeout=300'];
    run('apt-get', ...apt, 'update');
    run('apt-get', ...apt, 'install', '-y', '--no-install-recommends', ...packages);
  } else {
    console.warn(`only root on Debian can have them installed here: ${packages.join(' ')}`);
  }
}

for (const name of missing) {
  const { npm } = tools[name];
  if (npm === undefined) continue;
  const folder = folderOf(name);
  mkdirSync(folder, { recursive: true });
  // Else npm takes the project's folder for the one to install into.
  writeFileSync(`${folder}/package.json`, '{ "private": true }\n');
  run('npm', 'install', '--prefix', folder, '--no-audit', '--no-fund', '--no-save', '--loglevel=error', npm);
}

const still = missing.filter((name) => findTool(name) === undefined);
for (const name of still) console.warn(`${tools[name].title} could not be installed`);
// Whoever asked for all wants to hear that he did not get it.
process.exit(all && still.length > 0 ? 1 : 0);
