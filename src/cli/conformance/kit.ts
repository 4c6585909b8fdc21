import { NotOffered } from './check.js';
import { Client, type Frame } from './client.js';
import type { Offer } from './survey.js';
import { type Asked, beginningOf, protocolsOf, secretsOf, type Target, urlOf } from './target.js';
import { Trace } from './trace.js';

/** A message that was published: its number in its stream. */
export interface Published {
  readonly seq: number;
  readonly text: string;
}

/** What a check works with: connections of its own, and messages that no other check sends. */
export class Kit {
  readonly target: Target;
  readonly offers: ReadonlySet<Offer>;
  /** The longest wait, in ms. */
  readonly timeout: number;
  readonly trace: Trace;
  readonly #about: string;
  readonly #clients: Client[] = [];
  #count = 0;

  /** @param about What the messages and ids are named after. */
  constructor(target: Target, offers: ReadonlySet<Offer>, about: string) {
    this.target = target;
    this.offers = offers;
    this.timeout = target.timeout ?? 2_000;
    this.trace = new Trace(secretsOf(target));
    this.#about = `${about.replace('/', '-')}.${Math.random().toString(36).slice(2, 8)}`;
  }

  /** A name that nobody else uses and any server takes: for a text, an id, a client or a channel. */
  name(): string {
    this.#count += 1;
    return `${this.#about}.${this.#count}`;
  }

  /** Connects, and waits until the connection is open or refused. */
  async connect(name: string, asked: Asked = {}): Promise<Client> {
    const { auth = this.target.auth ?? 'query' } = asked;
    const token = asked.token === null ? undefined : (asked.token ?? this.target.token);
    const whole: Asked = { client: this.name(), conn: 1, ...asked };
    const byMessage = this.target.resume === 'message';
    const after = this.target.auth === 'message' ? 'welcome' : 'open';
    const client = new Client({
      name,
      url: urlOf(this.target.url, byMessage ? {} : whole, auth === 'query' ? token : undefined),
      protocols: token !== undefined && auth === 'subprotocol' ? protocolsOf(token) : [],
      beginning: byMessage ? { frame: beginningOf(whole), after } : undefined,
      timeout: this.timeout,
      trace: this.trace,
    });
    this.#clients.push(client);
    await client.within(this.timeout, () => (client.isOpen ? true : undefined));
    if (client.isOpen && auth === 'message' && token !== undefined) {
      client.send({ type: 'auth', token, messageId: this.name() });
    }
    return client;
  }

  /** Connects, and waits until the server has let the connection in. */
  async enter(name: string, asked: Asked = {}): Promise<Client> {
    const client = await this.connect(name, asked);
    if (this.offers.has('place')) await this.begun(client);
    else if (this.offers.has('pong')) await client.settle();
    else await client.wait('an open connection', () => (client.isOpen ? true : undefined));
    return client;
  }

  /** Lets two connections in: one that says something, and one that sees what comes of it. */
  async pair(asked: Asked = {}): Promise<{ observer: Client; sender: Client }> {
    return { observer: await this.enter('observer'), sender: await this.enter('sender', asked) };
  }

  /** Waits until the server has said from where the default stream goes on. */
  begun(client: Client): Promise<Frame> {
    const said = this.target.resume === 'message' ? 'a subscribed of the default stream' : 'a welcome';
    return client.wait(said, () => client.place);
  }

  /** Sends messages and returns their texts. */
  say(client: Client, count: number, fields: { type?: string; channel?: string; messageId?: string } = {}): string[] {
    return Array.from({ length: count }, () => {
      const text = this.name();
      client.send({ type: 'chat', text, ...fields });
      return text;
    });
  }

  /** Sends messages, and waits until the sender, who follows the stream, has heard them with their numbers. */
  async publish(client: Client, count: number, channel?: string): Promise<[Published, ...Published[]]> {
    const texts = this.say(client, count, channel === undefined ? {} : { channel });
    const frames = await client.hears(texts, channel);
    for (const frame of frames) client.expect('a seq that is a safe integer', Number.isSafeInteger(frame.seq), frame);
    // At least one, because as many were heard as were said.
    return frames.map(numbered) as [Published, ...Published[]];
  }

  /** Subscribes, and waits for the answer that lets the client in. */
  async subscribe(client: Client, channel: string, cursor: { lastSeq?: number; epoch?: unknown } = {}): Promise<Frame> {
    const before = client.all('subscribed').filter((frame) => frame.channel === channel).length;
    this.#count += 1;
    client.send({ type: 'subscribe', channel, ref: this.#count, ...cursor });
    return client.wait(
      `subscribed for ${channel}`,
      () => client.all('subscribed').filter((frame) => frame.channel === channel)[before],
    );
  }

  /** Asks the test app for something special. The check is not offered if it was published like any other message. */
  async command(client: Client, type: string, channel?: string): Promise<void> {
    const fields = channel === undefined ? { type } : { type, channel };
    const text = this.name();
    client.send({ ...fields, text, ...(this.offers.has('acks') ? { messageId: text } : {}) });
    const isDone = (): true | undefined =>
      answersTo(client, text).length > 0 || client.heard([text], channel).length > 0 ? true : undefined;
    if (this.offers.has('acks')) await client.wait(`an answer to ${type}`, isDone);
    await this.calm(client);
    if (client.heard([text], channel).length > 0) throw new NotOffered(`the test app does not know ${type}`);
  }

  /** Waits until the server has read what was sent, and a little longer: what comes now is not expected any more. */
  async calm(...clients: readonly Client[]): Promise<void> {
    if (this.offers.has('pong')) await Promise.all(clients.map((client) => client.settle()));
    await this.pause(this.target.calm ?? this.timeout / 20);
  }

  /** @param ms How long. */
  pause(ms: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, ms));
  }

  /** Ends all connections. */
  end(): void {
    for (const client of this.#clients) client.cut();
  }
}

/** A message with its number. */
export function numbered({ seq, text }: Frame): Published {
  return { seq: Number(seq), text: String(text) };
}

/** The answers to one message so far. */
export function answersTo(client: Client, messageId: string): Frame[] {
  return client
    .all('ack', 'nack')
    .filter(
      (frame) =>
        frame.messageId === messageId || (Array.isArray(frame.messageIds) && frame.messageIds.includes(messageId)),
    );
}

/** From where to resume in order to get what is newer than a message. */
export function after({ seq }: Published, head: Frame | undefined): { lastSeq: number; epoch?: string } {
  return typeof head?.epoch === 'string' ? { lastSeq: seq, epoch: head.epoch } : { lastSeq: seq };
}
