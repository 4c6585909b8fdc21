import 'uplot/dist/uPlot.min.css';
import { byId, setText } from '../../page/dom.js';
import { log } from '../../page/log.js';
import { BIN_MS } from '../../page/strip.js';
import { nodeNames, type Status } from '../api.js';
import { Card } from './card.js';
import { wireControls } from './controls.js';
import { Counters } from './counters.js';
import { openHost } from './host.js';
import { type Member, Room } from './room.js';
import { explanation, headline, nameOf, nodeText, type Snapshot } from './words.js';

/** How often numbers are written and strips are drawn, in ms; calmer for those who asked for less motion. */
const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
const SHOW_MS = calm ? 500 : 100;
const DRAW_MS = calm ? 1_000 : 250;

let status: Status = { nodes: { A: 'up', B: 'up' }, redis: 'up', places: [] };
/** The cluster is gone, and the clients can only wait. */
let ended = false;

const host = await openHost(learn, () => {
  ended = true;
  setText(byId('headline-first'), 'The demo has ended.');
  setText(byId('headline-second'), 'Start it again, then reload this page.');
  setText(byId('explanation'), 'npm run demo -- --cluster');
});

const room = new Room(host.hello, {
  onOpen: (member, first) => {
    if (!first) log(`${nameOf(member)} is back.`);
  },
  onLost: (member) => log(`${nameOf(member)} lost its link.`),
  onGap: (member, reason) => log(`${nameOf(member)} told its application of a gap: ${reason}.`),
});
const controls = wireControls(host, room);
const counters = new Counters(room);
const cards = room.members.map(({ listener }, at) => new Card(at, listener));

function learn(next: Status): void {
  for (const name of nodeNames) {
    if (next.nodes[name] !== status.nodes[name]) log(`Node ${name} is ${next.nodes[name]}.`);
  }
  if (next.redis !== status.redis) log(`Redis is ${next.redis}.`);
  status = next;
}

function snapshotOf({ client, listener }: Member, at: number): Snapshot {
  const place = status.places[at] ?? null;
  const { fates, gaps } = listener;
  return { link: client.link, place, fates, gaps, repeated: listener.total('repeated') };
}

function showPart(id: string, state: 'up' | 'down', text: string): void {
  const part = byId(id);
  setText(part, text);
  part.dataset.mood = state === 'up' ? 'good' : 'down';
}

function show(): void {
  const now = Date.now();
  const snapshots = room.members.map(snapshotOf);
  if (!ended) {
    const [first, second] = headline(snapshots, room.sent);
    setText(byId('headline-first'), first);
    setText(byId('headline-second'), second);
    setText(byId('explanation'), explanation(snapshots, status, { paused: controls.paused }));
  }
  for (const name of nodeNames) showPart(`node-${name}`, status.nodes[name], `Node ${name}: ${nodeText(name, status)}`);
  showPart('redis', status.redis, `Redis: ${status.redis}`);
  snapshots.forEach((snapshot, at) => {
    cards[at]?.show(snapshot, now);
  });
  counters.show();
}

// Nothing is sent before everybody is there, so that everybody has to hear everything.
const arriving = setInterval(() => {
  if (!room.isFull) return;
  clearInterval(arriving);
  controls.begin();
}, 20);
setInterval(show, SHOW_MS);
setInterval(() => {
  if (!controls.paused) for (const card of cards) card.turn();
}, BIN_MS);
setInterval(() => {
  for (const card of cards) card.draw();
}, DRAW_MS);
show();
