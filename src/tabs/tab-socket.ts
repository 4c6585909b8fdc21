import { Channel, type ChannelHost } from '../channel.js';
import { Endpoint } from '../endpoint.js';
import type {
  AnyMessage,
  CloseOptions,
  ListenOptions,
  Message,
  SocketEvents,
  SocketState,
  SocketStats,
} from '../index.js';
import { opened } from '../opened.js';
import { createDeferred } from './deferred.js';
import { createSender } from './sender.js';
import type { SharedSocket } from './share-across-tabs.js';
import type { Shell } from './shell.js';
import { createTabOutbox } from './tab-outbox.js';

/** One tab's end of the conversation that all tabs share. */
export class TabSocket<In extends Message = AnyMessage, Out extends Message = AnyMessage> extends Endpoint<
  In,
  Out,
  SocketEvents
> {
  /** What this tab has sent and what has no ending yet. */
  readonly outbox: SharedSocket['outbox'];
  readonly #shell: Shell;
  readonly #host: ChannelHost;
  /** Ends the wait of a `close()` with a drain: something else is wanted by now. */
  #stay = (): void => {};

  /** @internal use `shareAcrossTabs` */
  constructor(shell: Shell) {
    const host = { ...createSender(shell), ...shell.listeners };
    super(host, host.ends);
    this.#shell = shell;
    this.#host = host;
    this.outbox = createTabOutbox(shell.session.mail, shell.run);
    shell.run({ type: 'back' });
  }

  /** That of the leader's socket; `suspended` while there is no leader, and `idle` before the first. */
  get state(): SocketState {
    return this.#shell.state();
  }

  /** A handle on one stream of its own over the same socket. Subscriptions are counted over all tabs. */
  channel<ChannelIn extends Message = In, ChannelOut extends Message = Out>(
    name: string,
  ): Channel<ChannelIn, ChannelOut> {
    return new Channel(this.#host, name);
  }

  /** Takes part again after `close()`; otherwise tells the leader's socket to connect. */
  connect(): void {
    this.#stay();
    this.#shell.run({ type: 'call', call: 'connect' });
  }

  /** Tells the leader's socket to connect anew, for all tabs. */
  reconnect(): void {
    this.#stay();
    this.#shell.run({ type: 'call', call: 'reconnect' });
  }

  /** Resolves when the connection is open; rejects when the conversation is closed or the signal aborts. */
  opened(options: ListenOptions = {}): Promise<void> {
    if (this.state.status === 'idle') this.connect();
    return opened(this, options);
  }

  /**
   * Ends the part that this tab takes: settles what it has sent, and goes. The conversation goes on in the other tabs,
   * and ends with the last one.
   */
  async close({ drain = 0 }: CloseOptions = {}): Promise<void> {
    const { waiting, leave } = this.#shell;
    this.#stay();
    if (drain) {
      const goes = createDeferred<boolean>();
      this.#stay = () => goes.resolve(false);
      const timer = setTimeout(goes.resolve, drain === true ? 10_000 : drain, true);
      Promise.all([...waiting.values()].map(({ settled }) => settled.promise)).then(() => goes.resolve(true));
      const isOver = await goes.promise;
      clearTimeout(timer);
      if (!isOver) return;
    }
    leave('called');
  }

  /** For `await using`. In a runtime without `Symbol.asyncDispose` this is a method that nobody finds. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Figures of the leader's socket, as of the last change of the state. Undefined before there was one. */
  stats(): SocketStats | undefined {
    return this.#shell.session.life()?.stats;
  }
}
