import { writeFile } from 'node:fs/promises';
import type { ChromiumRow } from '../chromium/measure.js';
import type { LinkRow } from '../node/links.js';
import type { MessageRow } from '../node/messages.js';
import { OFFLINE_SENDS, type OfflineRow } from '../node/offline.js';
import type { SizeRow } from '../sizes.js';
import { thousands } from '../support/table.js';
import { renderGoals } from './goals.js';
import { renderMachine } from './machine.js';
import { renderChromium, renderLinks, renderNode, renderOffline, renderSizes } from './tables.js';

export interface Results {
  readonly rounds: number;
  /** Of round trips, heap and what is sent offline. */
  readonly fewRounds: number;
  readonly sizes: readonly SizeRow[];
  readonly node?: {
    readonly messages: readonly MessageRow[];
    readonly links: readonly LinkRow[];
    readonly offline: readonly OfflineRow[];
  };
  readonly chromium?: { readonly version: string; readonly rows: readonly ChromiumRow[] };
}

/** Writes `bench/RESULTS.md`. */
export async function writeResults(results: Results): Promise<void> {
  await writeFile(new URL('../RESULTS.md', import.meta.url), await renderResults(results));
}

export async function renderResults({ rounds, fewRounds, sizes, node, chromium }: Results): Promise<string> {
  const parts = [
    `# What it costs

Written by \`npm run bench\`: every client measured in turn, one after the other, in each of ${rounds} rounds (${fewRounds} for round trips, heap and what is sent offline), in an order that moves on from round to round; figures are medians of the rounds. Only the ratios to a bare WebSocket of the same round say something about another machine.`,
    `## Goals

${renderGoals(node?.messages ?? [], chromium?.rows ?? [])}`,
    `## How it is measured

Every client does the same with the same messages, JSON of about 80 bytes: the bare WebSocket and the classes in its place with \`JSON.parse\` and \`JSON.stringify\` around them, \`ReliableSocket\` with its defaults, socket.io with its own events over its WebSocket transport. Messages in are numbered, which \`ReliableSocket\` checks and the others ignore. With acks, the server answers each message with an \`ack\` frame; the bare WebSocket and the classes in its place give each message an id, parse that frame and count it, and send nothing again. The server is \`ws\` or socket.io in a process of its own. \`bench/subjects\` has every client.`,
  ];
  if (node) {
    parts.push(
      `## CPU per message in Node

User and system time of the client's process, which has nothing else to do and is a new one for each figure; \`ws\` is the WebSocket of all. Paced: 100 messages every 4 ms each way.

${renderNode(node.messages, 'paced')}

At full speed, 1,000 messages in one task and at most 5,000 that have not arrived:

${renderNode(node.messages, 'full speed')}`,
      `## Round trip and heap in Node

A message and its answer over the loopback, one at a time, the median of 5,000; and 1,000 clients in one process, connected and idle.

${renderLinks(node.links)}`,
      `## ${thousands(OFFLINE_SENDS)} sends offline in Node

All in one task, before there is a connection. A bare WebSocket throws at the first. \`ReliableSocket\` keeps the newest 10,000 by default and tells of each that it dropped; the others keep all of them, without bound, as does \`ReliableSocket\` with room for all.

${renderOffline(node.offline)}`,
    );
  }
  if (chromium) {
    parts.push(
      `## CPU per message in Chromium

Time of the page's main thread, in a new tab for each figure; 50 messages in one task.

${renderChromium(chromium.rows)}`,
    );
  }
  parts.push(
    `## Size

Bundled with esbuild for a browser, minified, and compressed by gzip.

${renderSizes(sizes)}`,
    `## Machine

${await renderMachine(chromium?.version)}`,
  );
  return `${parts.join('\n\n')}\n`;
}
