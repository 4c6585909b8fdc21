import { Alarm } from './alarm.js';
import type { ChannelHandles } from './channel-handles.js';
import type { CloseInfo, CloseVerdict, Command, Cursor, Input, Passage } from './core/io.js';
import { createSession, type Session } from './core/session.js';
import { Durability } from './durability.js';
import type { Emitter } from './emitter.js';
import type { Environment } from './environment.js';
import { type ErrorCode, ReliableSocketError } from './errors.js';
import { pageLifecycle } from './lifecycle/page.js';
import type { Messages } from './messages.js';
import type { ReliableSocketOptions, ResolvedOptions, UrlProvider } from './options.js';
import type { Message } from './protocol/frames.js';
import { Providers } from './providers.js';
import { validate } from './schema.js';
import type { SocketEvents, SocketState } from './socket-types.js';
import { Transport } from './transport.js';

/** To whom the shell tells what happens. */
export interface Audience<In extends Message> {
  readonly messages: Messages<In>;
  readonly channels: ChannelHandles;
  readonly events: Emitter<SocketEvents>;
}

/**
 * The thin shell around the session: turns calls and events into inputs, and carries out the commands, in order and one
 * at a time. It owns the socket, the alarm and the hooks, and decides nothing.
 */
export class Shell<In extends Message, Out extends Message> {
  readonly session: Session;
  readonly durability: Durability;
  readonly transport: Transport;
  /** For `stats()`. */
  readonly counts: { opened: number; lastClose: CloseInfo | undefined } = { opened: 0, lastClose: undefined };
  state: SocketState = Object.freeze({ status: 'idle' });
  readonly #options: ReliableSocketOptions<In, Out>;
  readonly #environment: Environment;
  readonly #audience: Audience<In>;
  readonly #alarm: Alarm;
  readonly #providers: Providers;
  readonly #whenReady: (() => void)[] = [];
  #commands: Command[] = [];
  #running = false;
  #stopLifecycle: (() => void) | undefined;

  constructor(
    url: UrlProvider,
    options: ReliableSocketOptions<In, Out>,
    resolved: ResolvedOptions,
    environment: Environment,
    audience: Audience<In>,
  ) {
    const run = (input: Input): void => this.run(input);
    const tell = (code: ErrorCode, text: string, cause?: unknown): void => this.tellError(code, text, cause);
    this.#options = options;
    this.#environment = environment;
    this.#audience = audience;
    this.session = createSession(resolved.session);
    this.durability = new Durability(options.store, tell);
    this.#providers = new Providers(url, options.token, run, tell);
    this.transport = new Transport(run, (info) => this.#judge(info));
    this.#alarm = new Alarm(environment, () => run({ type: 'alarm' }));
  }

  /** Decides at once, also for what a listener calls; the commands wait their turn. */
  run(input: Input): void {
    const { random } = this.#environment;
    const now = this.#environment.now();
    const { bufferedAmount } = this.transport;
    const commands = this.session.handle(input, { now, random, bufferedAmount });
    for (const command of commands) this.#commands.push(command);
    if (this.#running) return;
    this.#running = true;
    try {
      for (let i = 0; i < this.#commands.length; i++) this.#execute(this.#commands[i] as Command);
    } finally {
      this.#commands = [];
      this.#running = false;
    }
    this.#alarm.set(this.session.nextDeadline());
  }

  /** Calls back once there is room for more. */
  whenReady(call: () => void): void {
    this.#whenReady.push(call);
    this.run({ type: 'watch-ready' });
  }

  tellError(code: ErrorCode, text: string, cause?: unknown): void {
    this.#audience.events.emit('error', new ReliableSocketError(code, text, { cause }));
  }

  #judge(info: CloseInfo): CloseVerdict {
    try {
      return this.#options.onClose?.(info) ?? undefined;
    } catch (error) {
      this.tellError('listener-threw', 'onClose threw, the close code decides', error);
      return undefined;
    }
  }

  #execute(command: Command): void {
    switch (command.do) {
      case 'deliver':
        return this.#deliver(command);
      case 'gap':
        return this.#gap(command);
      case 'write':
        return this.transport.write(command.data);
      case 'settle':
        this.durability.settled(command.entry, command.ending);
        return command.entry.fate.resolve?.(command.ending);
      case 'undelivered': {
        const { id, message, channel } = command.entry;
        const { outcome, reason } = command.ending;
        return this.#audience.events.emit('undelivered', { id, message, channel, outcome, reason });
      }
      case 'state':
        return this.#changed(command);
      case 'open':
        this.counts.opened++;
        return this.#audience.events.emit('open', { resumed: command.resumed, attempt: command.attempt });
      case 'close-event':
        this.counts.lastClose = command.info;
        return this.#audience.events.emit('close', { ...command.info, cause: command.cause });
      case 'ask-token':
        return this.#providers.askToken(command.reason, command.attempt);
      case 'abort-token':
        return this.#providers.abortToken();
      case 'ask-url':
        return this.#providers.askUrl(command.conn);
      case 'dial':
        return this.#dial(command.url, command.protocols);
      case 'hang-up':
        return this.transport.hangUp(command.code, command.reason);
      case 'abandon':
        return this.transport.abandon(command.dead);
      case 'ready':
        for (const call of this.#whenReady.splice(0)) call();
        return;
      case 'channel':
        return this.#audience.channels.tellState(command.channel, command.state);
      case 'error':
        return this.tellError(command.code, command.text, command.cause);
    }
  }
  #deliver(step: Extract<Passage, { do: 'deliver' }>): void {
    if (this.session.state().status === 'closed') return;
    const { channel, message } = step;
    const { schema } = this.#options;
    try {
      // Safe: without a schema the types are the user's own claim about the server.
      const checked = schema ? validate(schema, message) : (message as unknown as In);
      if (channel === undefined) this.#audience.messages.tell(checked);
      else this.#audience.channels.tellMessage(channel, checked);
    } catch (cause) {
      const text = `read "${message.type}": the schema refused it: ${(cause as Error).message}`;
      this.tellError('invalid-message', text, cause);
    }
    if (step.numbered) this.run({ type: 'passed', passage: step });
  }

  #gap(step: Extract<Passage, { do: 'gap' }>): void {
    const { channel, gap } = step;
    Object.freeze(gap);
    this.#audience.events.emit('gap', gap);
    if (channel !== undefined) this.#audience.channels.tellGap(channel, gap);
    this.run({ type: 'passed', passage: step });
    const { onGap } = this.#options;
    if (!step.ask || !onGap) return;
    const filled = (cursor: Cursor | undefined): void => this.run({ type: 'filled', channel, cursor });
    const ask = async (): Promise<Cursor | undefined> => (await onGap(gap)) ?? undefined;
    ask().then(filled, (cause: unknown) => {
      this.tellError('gap-handler-failed', `onGap (${gap.reason}): it failed, live messages go on`, cause);
      filled(undefined);
    });
  }

  #changed({ state, text }: Extract<Command, { do: 'state' }>): void {
    const error =
      state.status === 'closed' && state.reason !== 'called' ? new ReliableSocketError(state.reason, text) : undefined;
    this.state = error ? Object.freeze({ ...state, error }) : state;
    // The page is listened to as long as there is a conversation.
    if (state.status === 'closed') this.#stopLifecycle?.();
    if (state.status === 'closed') this.#stopLifecycle = undefined;
    else this.#stopLifecycle ??= this.#startLifecycle();
    this.#audience.events.emit('state', this.state);
    if (error) this.#audience.events.emit('error', error);
    if (state.status === 'closed' && state.reason === 'called') this.#audience.messages.end();
  }

  #startLifecycle(): () => void {
    const { lifecycle = pageLifecycle } = this.#options;
    return lifecycle ? lifecycle((signal) => this.run({ type: 'signal', signal })) : () => {};
  }

  #dial(url: string, protocols: readonly string[]): void {
    const WebSocket = this.#options.WebSocket ?? this.#environment.webSocket();
    if (!WebSocket) return this.run({ type: 'no-websocket' });
    try {
      this.transport.dial(WebSocket, url, protocols);
    } catch (cause) {
      // The cause is not passed on: its text may hold the url, and the url a token.
      const name = cause instanceof Error ? cause.name : typeof cause;
      this.tellError(
        'connect-failed',
        `connect: the WebSocket constructor threw ${name}, wanted a url and subprotocols that it takes`,
      );
      this.run({ type: 'closed', info: { code: 1006, reason: '', wasClean: false } });
    }
  }
}
