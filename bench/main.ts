import { parseArgs } from 'node:util';
import { findTool } from '../test/tools/tools.js';
import { type ChromiumRow, measureChromium } from './chromium/measure.js';
import { ClientScripts } from './node/client-process.js';
import { measureLinks } from './node/links.js';
import { measureMessages } from './node/messages.js';
import { measureOffline } from './node/offline.js';
import { type Results, renderResults, writeResults } from './report/results.js';
import { measureSizes } from './sizes.js';
import type { SubjectName } from './subjects/bundle.js';
import { allNames } from './subjects/cases.js';

const HELP = `What ReliableSocket and its peers cost, as ratios to a bare WebSocket of the same round.

  npm run bench                             all of it, about ten minutes; writes bench/RESULTS.md
  npm run bench -- --node                   only in Node
  npm run bench -- --chromium               only in Chromium
  npm run bench -- --only ReliableSocket    only this client beside the bare one; may be said again
  npm run bench -- --rounds 9               how often each is measured: the medians count; 5 is the default

Whatever leaves something out prints its tables and writes nothing. The names: ${allNames.join('; ')}.
Run it while the machine has nothing else to do.`;

const { values } = readArguments();
const rounds = Number(values.rounds ?? 5);
/** Of what hardly differs from round to round. */
const fewRounds = Math.ceil(rounds / 2);
const unknown = (values.only ?? []).filter((name) => !allNames.some((known) => known === name));

if (values.help === true) console.log(HELP);
else if (!(Number.isSafeInteger(rounds) && rounds > 0)) fail(`--rounds: ${values.rounds} is no count`);
else if (unknown.length > 0) fail(`--only: ${unknown.join(', ')} is none of ${allNames.join('; ')}`);
else await run();

async function run(): Promise<void> {
  const everywhere = values.node === values.chromium;
  const names = values.only === undefined ? allNames : allNames.filter(isWanted);
  const results: Results = {
    rounds,
    fewRounds,
    sizes: await measureSizes(),
    ...(everywhere || values.chromium ? { chromium: await inChromium(names) } : {}),
    ...(everywhere || values.node ? { node: await inNode(names) } : {}),
  };
  console.log(await renderResults(results));
  if (everywhere && values.only === undefined) await writeResults(results);
}

function isWanted(name: SubjectName): boolean {
  return name === 'bare' || values.only?.includes(name) === true;
}

async function inNode(names: readonly SubjectName[]): Promise<NonNullable<Results['node']>> {
  const scripts = await ClientScripts.write(names);
  try {
    const options = { scripts, names, rounds, progress };
    return {
      messages: await measureMessages(options),
      links: await measureLinks({ ...options, rounds: fewRounds }),
      offline: await measureOffline({ ...options, rounds: fewRounds }),
    };
  } finally {
    await scripts.remove();
  }
}

async function inChromium(names: readonly SubjectName[]): Promise<{ version: string; rows: ChromiumRow[] }> {
  const [path] = findTool('chromium') ?? [];
  if (path === undefined) fail('Chromium was not found; name it in CHROMIUM_PATH, or ask for --node alone');
  return measureChromium({
    path,
    rounds,
    names,
    progress: (round) => progress(`Chromium, round ${round} of ${rounds}`),
  });
}

function progress(text: string): void {
  console.error(text);
}

function readArguments() {
  try {
    return parseArgs({
      options: {
        only: { type: 'string', multiple: true },
        rounds: { type: 'string' },
        node: { type: 'boolean' },
        chromium: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    return fail(`${error instanceof Error ? error.message : error}\n\n${HELP}`);
  }
}

function fail(text: string): never {
  console.error(text);
  process.exit(2);
}
