import { parseArgs } from 'node:util';
import { complaints, runContest } from './contest.js';
import { createProgressBar } from './progress.js';
import { renderFaults, renderTable } from './table.js';

const HELP = `A naive client and ReliableSocket, side by side on the same bad network.

  npm run demo                  serves a page on which you break the network yourself, until Ctrl-C
  npm run demo -- --port 8080   at this port of 127.0.0.1 (default 0, any free one)
  npm run demo -- --cluster     serves a page over two servers and a Redis, which you kill; needs redis-server
  npm run demo -- --once        one storm in the terminal; exit code 1 if ReliableSocket lost, repeated
                                or reordered a message, or if the storm was too mild to prove it
  npm run demo -- --once --seed 7
                                another storm (default 1)
`;

const { values } = readArguments();
const seed = Number(values.seed ?? 1);
const port = Number(values.port ?? 0);

if (values.help === true) {
  console.log(HELP);
} else if (!Number.isSafeInteger(seed)) {
  fail(`--seed: ${values.seed} is no whole number`);
} else if (!Number.isInteger(port) || port < 0 || port > 65_535) {
  fail(`--port: ${values.port} is no whole number from 0 to 65535`);
} else if (values.once === true) {
  if (values.port !== undefined) fail('--port: --once serves no page');
  if (values.cluster === true) fail('--cluster: --once serves no page');
  const isFine = await runOnce(seed);
  if (!isFine) process.exitCode = 1;
} else {
  if (values.seed !== undefined) fail('--seed: there is a storm only with --once');
  await (values.cluster === true ? serveOverCluster(port) : serve(port));
}

function readArguments(): {
  values: { once?: boolean; cluster?: boolean; seed?: string; port?: string; help?: boolean };
} {
  try {
    return parseArgs({
      options: {
        once: { type: 'boolean' },
        cluster: { type: 'boolean' },
        seed: { type: 'string' },
        port: { type: 'string' },
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

async function serve(port: number): Promise<void> {
  // Loaded here, so that a storm does not wait for vite.
  const { serveDemo } = await import('./host/serve.js');
  const { url } = await serveDemo(port).catch((error: Error) => fail(`the page can not be served: ${error.message}`));
  console.log(`The demo is at ${url}`);
  console.log('Open it and break the network. Ctrl-C ends it; with --once a storm runs in the terminal.');
}

async function serveOverCluster(port: number): Promise<void> {
  const { isRedisInstalled } = await import('./cluster/host/redis.js');
  if (!isRedisInstalled()) {
    console.error('--cluster needs redis-server: apt install redis-server, or brew install redis');
    process.exit(1);
  }
  const { serveCluster } = await import('./cluster/host/serve.js');
  const ending = new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, resolve);
  });
  const demo = await serveCluster(port).catch((error: Error) =>
    fail(`the cluster can not be served: ${error.message}`),
  );
  console.log(`The demo is at ${demo.url}`);
  console.log('Two servers and a Redis are behind it. Open it and kill them. Ctrl-C ends it all.');
  await ending;
  await demo.close();
  process.exit();
}

async function runOnce(seed: number): Promise<boolean> {
  const began = performance.now();
  console.log(`\nstorm with the seed ${seed}`);
  const bar = createProgressBar(process.stdout);
  const contest = await runContest(seed, bar.show);
  bar.end();
  const seconds = ((performance.now() - began) / 1_000).toFixed(1);
  console.log(`\n${renderTable(contest)}\n\n${renderFaults(contest)}\n`);
  const found = complaints(contest);
  for (const complaint of found) console.error(`! ${complaint}`);
  console.log(found.length === 0 ? `passed in ${seconds} s` : `failed after ${seconds} s`);
  return found.length === 0;
}
