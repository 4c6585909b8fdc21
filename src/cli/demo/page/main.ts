import 'uplot/dist/uPlot.min.css';
import { type Sides, sideNames } from '../api.js';
import { Card } from './card.js';
import { wireControls } from './controls.js';
import { Counters } from './counters.js';
import { byId, setText } from './dom.js';
import { openHost } from './host.js';
import type { PageClientParts } from './link.js';
import { log } from './log.js';
import { NaiveClient } from './naive-client.js';
import { ReliableClient } from './reliable-client.js';
import { Side } from './side.js';
import { BIN_MS } from './strip.js';
import { displayNames, explanation, headline, type Snapshot } from './words.js';

/** How often numbers are written and strips are drawn, in ms; calmer for those who asked for less motion. */
const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
const SHOW_MS = calm ? 500 : 100;
const DRAW_MS = calm ? 1_000 : 250;

let sides: Sides<Side> | undefined;
/** How many clients have been connected. */
let present = 0;
/** The servers are gone, and the clients can only wait. */
let ended = false;

const host = await openHost(
  (counts) => {
    for (const name of sideNames) sides?.[name].learn(counts[name]);
  },
  () => {
    ended = true;
    setText(byId('headline-first'), 'The demo has ended.');
    setText(byId('headline-second'), 'Start it again, then reload this page.');
    setText(byId('explanation'), 'npm run demo');
  },
);

const parts = (side: Side, name: keyof Sides<unknown>): PageClientParts => ({
  url: host.hello.urls[name],
  fetchToken: host.fetchToken,
  onTick: (number) => side.hear(number),
  onOpen: (first) => {
    if (!first) log(`${displayNames[name]} is back.`);
    else if (++present === sideNames.length) controls.begin();
  },
  onLost: (why) => log(`${displayNames[name]} lost its link: ${why}.`),
});

sides = {
  naive: new Side((side) => new NaiveClient(parts(side, 'naive'))),
  reliable: new Side(
    (side) =>
      new ReliableClient({
        ...parts(side, 'reliable'),
        onGap: (reason) => {
          side.gap();
          log(`ReliableSocket told the application of a gap: ${reason}.`);
        },
        onUndelivered: (number) => side.out.undelivered(number),
      }),
  ),
};
const { naive, reliable } = sides;
const controls = wireControls(host, sides);
const counters = new Counters(sides);
const cards = { naive: new Card('naive', naive), reliable: new Card('reliable', reliable) };

function snapshotOf({ client, in: inbound, out, silence, gaps }: Side): Snapshot {
  const [a, b] = [inbound.fates, out.fates];
  const fates = {
    arrived: a.arrived + b.arrived,
    underWay: a.underWay + b.underWay,
    lost: a.lost + b.lost,
    told: a.told + b.told,
  };
  return { link: client.link, fates, silence, gaps };
}

function show(): void {
  const now = Date.now();
  const snapshots = { naive: snapshotOf(naive), reliable: snapshotOf(reliable) };
  if (!ended) {
    const [first, second] = headline(snapshots);
    setText(byId('headline-first'), first);
    setText(byId('headline-second'), second);
    setText(byId('explanation'), explanation(snapshots, { paused: controls.paused, now }));
  }
  for (const name of sideNames) cards[name].show(snapshots[name], now);
  counters.show();
}

setInterval(show, SHOW_MS);
setInterval(() => {
  if (!controls.paused) for (const card of Object.values(cards)) card.turn();
}, BIN_MS);
setInterval(() => {
  for (const card of Object.values(cards)) card.draw();
}, DRAW_MS);
show();
