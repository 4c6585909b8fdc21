import type { Client } from './client.js';
import { Kit } from './kit.js';
import type { Target } from './target.js';
import type { Step } from './trace.js';

/** What a server can be seen to do. A check whose rule is about something else says `not offered`. */
export type Offer =
  | 'pong'
  | 'app'
  | 'seq'
  | 'welcome'
  | 'place'
  | 'epoch'
  | 'takeover'
  | 'channels'
  | 'channel seq'
  | 'acks'
  | 'ids'
  | 'tokens'
  | 'by message'
  | 'resume by message';

/** What is missing, in the words of what did not come. */
export const missing: Readonly<Record<Offer, string>> = {
  pong: 'no pong came for a ping',
  app: 'no message came back: is the test app there?',
  seq: 'messages have no seq',
  welcome: 'no welcome came',
  place: 'nothing says from where the default stream goes on',
  epoch: 'the default stream has no epoch',
  takeover: 'a higher conn of the same client did not end the older connection',
  channels: 'no subscribed or unsubscribed came for a subscribe',
  'channel seq': 'messages of a channel have no seq',
  acks: 'no ack or nack came for a messageId',
  ids: 'welcome names no ids',
  tokens: 'a wrong token was let in',
  'by message': 'only with --auth message',
  'resume by message': 'only with --resume message',
};

export interface Survey {
  readonly offers: ReadonlySet<Offer>;
  readonly steps: readonly Step[];
}

/** There is no server to check, or it lets nobody in. */
export class Unreachable extends Error {}

/** The token that nobody has. */
export const WRONG_TOKEN = 'nobody';

/** Looks what the server offers, by what it says. @throws Unreachable */
export async function survey(target: Target): Promise<Survey> {
  const offers = new Set<Offer>();
  if (target.auth === 'message') offers.add('by message');
  if (target.resume === 'message') offers.add('resume by message');
  const kit = new Kit(target, offers, 'survey');
  try {
    await lookAtFrames(kit, offers);
    if (await isTakenOver(kit)) offers.add('takeover');
    if (await refusesWrongToken(kit)) offers.add('tokens');
    return { offers, steps: kit.trace.steps };
  } finally {
    kit.end();
  }
}

async function lookAtFrames(kit: Kit, offers: Set<Offer>): Promise<void> {
  const client = await reach(kit);
  const channel = kit.name();
  const messageId = kit.name();
  if (kit.target.auth === 'message') await client.within(kit.timeout, () => client.welcome);
  const texts = kit.say(client, 1, { messageId });
  client.send({ type: 'subscribe', channel, ref: 1 });
  const inChannel = kit.say(client, 1, { channel });
  client.send({ type: 'ping', t: 1 });
  const seen = (): void => {
    if (client.all('pong').length > 0) offers.add('pong');
    if (client.heard(texts).length > 0) offers.add('app');
    if (client.heard(texts).some((frame) => 'seq' in frame)) offers.add('seq');
    if (client.welcome !== undefined) offers.add('welcome');
    if (client.place !== undefined) offers.add('place');
    if (typeof client.place?.epoch === 'string') offers.add('epoch');
    if (client.welcome !== undefined && 'ids' in client.welcome) offers.add('ids');
    if (client.all('ack', 'nack').length > 0) offers.add('acks');
    if (client.subscriptions.length > 0) offers.add('channels');
    if (client.heard(inChannel, channel).some((frame) => 'seq' in frame)) offers.add('channel seq');
  };
  const all: readonly Offer[] = ['pong', 'app', 'seq', 'welcome', 'place', 'acks', 'channels', 'channel seq'];
  const isWhole = (): true | undefined => {
    seen();
    return all.every((offer) => offers.has(offer)) ? true : undefined;
  };
  // After the pong the rest is due: who has not said it by then gets a moment more, and not the whole time.
  await client.within(kit.timeout, () => isWhole() ?? (offers.has('pong') ? true : undefined));
  await client.within(kit.timeout / 4, isWhole);
  if (!client.isOpen && offers.size === 0) throw new Unreachable(whyNot(client, kit.target));
}

async function reach(kit: Kit): Promise<Client> {
  const client = await kit.connect('survey');
  // Who is refused after the upgrade may hear of it before it is looked at here.
  if (!client.isOpen) await client.within(kit.timeout, () => client.ending);
  if (!client.isOpen) throw new Unreachable(whyNot(client, kit.target));
  return client;
}

function whyNot({ ending }: Client, { url, token }: Target): string {
  if (ending === undefined) return `${url} did not answer in time`;
  const { code, reason, status } = ending;
  const isRefused = code === 4401 || status === 401;
  if (isRefused && token === undefined) return `${url} lets nobody in without a token: say --token`;
  return `${url} can not be reached: ${code}${reason && ` (${reason})`}`;
}

async function isTakenOver(kit: Kit): Promise<boolean> {
  const client = kit.name();
  const old = await kit.connect('survey, older', { client, conn: 1 });
  if (kit.offers.has('place')) await old.within(kit.timeout, () => old.place);
  if (old.ending !== undefined) return false;
  const newer = await kit.connect('survey, newer', { client, conn: 2 });
  if (kit.offers.has('place')) await newer.within(kit.timeout, () => newer.place);
  return (await old.within(kit.timeout / 4, () => old.ending)) !== undefined;
}

async function refusesWrongToken(kit: Kit): Promise<boolean> {
  const client = await kit.connect('survey, wrong token', { token: WRONG_TOKEN });
  const isRefused = (): true | undefined => {
    const { ending } = client;
    const byClose = ending?.code === 4401 || ending?.code === 4403 || ending?.status === 401 || ending?.status === 403;
    return byClose || client.all('nack').length > 0 ? true : undefined;
  };
  // Who was let in hears `welcome`, or is answered.
  if (client.isOpen) client.send({ type: 'ping', t: 1 });
  const isLetIn = (): true | undefined => (client.all('welcome', 'pong').length > 0 ? true : undefined);
  await client.within(kit.timeout, () => isRefused() ?? isLetIn());
  return (await client.within(kit.timeout / 20, isRefused)) === true;
}
