import { createAlarm } from '../alarm.js';
import type { CloseInfo } from '../core/io.js';
import { createSocketEnvironment, type SocketEnvironment } from '../environment.js';
import { resolveProtocols, resolveUrl } from './address.js';
import { sizeOf, toData } from './conversions.js';
import { domException } from './dom-exception.js';
import { makeEvent } from './events.js';
import { createLink, type WrappedWebSocketConstructor } from './link.js';
import { createMessageQueue, type Data } from './message-queue.js';
import type { ProtocolsSource, ResolvedSocketOptions, SocketHeartbeat, UrlSource } from './options.js';
import { type Command, type Commands, createReconnector, type Input } from './reconnector.js';

/** What the class is made of: it turns calls and events into inputs, carries out the commands, and decides nothing. */
export interface SocketShell {
  /** Throws what the constructor of the socket throws. */
  start(): void;
  close(code: number | undefined, reason: string): void;
  reconnect(code: number | undefined, reason: string): void;
  send(data: unknown): void;
  drain(): Data[];
  readonly readyState: number;
  readonly bufferedAmount: number;
  readonly retryCount: number;
  readonly url: string;
  readonly protocol: string;
  readonly extensions: string;
  binaryType: string;
}

const OPEN = 1;
const CLOSED = 3;
const READY_STATES: Record<string, number> = { closing: 2, closed: CLOSED, idle: CLOSED };

export const createSocketShell = (
  url: UrlSource,
  protocols: ProtocolsSource,
  options: ResolvedSocketOptions,
  heartbeat: Required<SocketHeartbeat> | undefined,
  overrides: Partial<SocketEnvironment> | undefined,
  signal: AbortSignal | undefined,
  choose: (current: unknown) => WrappedWebSocketConstructor,
  dispatch: (event: Event) => void,
): SocketShell => {
  const { debug, debugLogger, lifecycle, overflow } = options;
  const environment = createSocketEnvironment(overrides);
  const reconnector = createReconnector(options, heartbeat);
  const queue = createMessageQueue(options);
  const alarm = createAlarm(environment, () => run('alarm', link.socket()?.bufferedAmount || 0));
  // A url and subprotocols that are no functions are checked once, and at once.
  const fixed = [
    typeof url === 'function' ? '' : resolveUrl(url),
    typeof protocols === 'function' ? undefined : resolveProtocols(protocols),
  ] as const;
  let address: string = fixed[0];
  let binaryType = 'blob';
  let commands: Command[] = [];
  let running = false;
  let starting = false;
  let tellingEnd = false;
  let tellingOpen = false;
  let stopLifecycle: (() => void) | undefined;

  const run = (...input: Input): void => {
    commands.push(...reconnector.handle(input, environment.now(), environment.random));
    if (running) return;
    running = true;
    try {
      // It grows while it is worked off: what a listener calls is decided at once, and told in its turn.
      for (const [name, ...args] of commands) {
        if (debug) debugLogger(name, ...args);
        // Safe: what follows the name is what the command of that name takes.
        (carryOut[name] as (...args: unknown[]) => void)(...args);
      }
    } finally {
      commands = [];
      running = false;
    }
    alarm(reconnector.nextDeadline(), environment.now(), input[0] === 'heard');
  };

  const link = createLink({
    opened: () => run('opened'),
    message({ data, origin = '' }) {
      if (heartbeat) run('heard');
      if (reconnector.status() === 'open' && !heartbeat?.isPong(data)) {
        dispatch(makeEvent('MessageEvent', 'message', { data, origin }));
      }
    },
    errored: (event) => run('errored', event?.error ?? event?.message),
    ended: (info: CloseInfo) => run('ended', info),
  });
  const write = (data: Data): boolean => {
    const socket = link.socket();
    const isOpen = reconnector.status() === 'open' && socket?.readyState === OPEN;
    if (isOpen) socket.send(data);
    return isOpen;
  };

  const abort = (): void => run('close', undefined, '', tellingEnd);

  const carryOut: Commands = {
    dial(attempt) {
      if (!reconnector.wants(attempt)) return;
      const connect = (target: unknown, names: unknown): void => {
        if (!reconnector.wants(attempt)) return;
        address = resolveUrl(target);
        link.dial(choose(environment.webSocket()), address, resolveProtocols(names ?? undefined), binaryType);
        if (lifecycle) stopLifecycle ??= lifecycle((hint) => run('signal', hint));
        run('dialed', attempt);
      };
      const fail = (error: unknown): void => {
        if (starting) throw error;
        run('failed', attempt, error);
      };
      if (typeof url === 'function' || typeof protocols === 'function') {
        const asked = [url, protocols].map(async (one, i) => (typeof one === 'function' ? one() : fixed[i]));
        Promise.all(asked)
          .then(([target, names]) => connect(target, names))
          .catch(fail);
        return;
      }
      try {
        connect(...fixed);
      } catch (error) {
        fail(error);
      }
    },
    hangUp: link.hangUp,
    abandon: link.abandon,
    ping() {
      try {
        if (heartbeat) write(toData(typeof heartbeat.ping === 'function' ? heartbeat.ping() : heartbeat.ping));
      } catch {
        // A ping that can not be made is not written, and counts as unanswered.
      }
    },
    open() {
      tellingOpen = true;
      dispatch(makeEvent('Event', 'open'));
      tellingOpen = false;
      queue.flush(write);
    },
    tellError(error) {
      // Until its `close` is told.
      tellingEnd = true;
      const message = `${(error as Partial<Error> | undefined)?.message ?? error ?? ''}`;
      dispatch(makeEvent(message ? 'ErrorEvent' : 'Event', 'error', { error, message }));
    },
    tellClose(info) {
      tellingEnd = true;
      dispatch(makeEvent('CloseEvent', 'close', info));
      tellingEnd = false;
    },
    over() {
      if (reconnector.status() !== 'closed') return;
      // The signal may outlive many sockets.
      signal?.removeEventListener('abort', abort);
      stopLifecycle?.();
      stopLifecycle = undefined;
    },
  };

  const shell: SocketShell = {
    start() {
      choose(environment.webSocket());
      starting = true;
      run('reconnect');
      starting = false;
      signal?.addEventListener('abort', abort);
    },
    close: (code, reason) => run('close', code, reason, tellingEnd),
    reconnect(code, reason) {
      choose(environment.webSocket());
      signal?.addEventListener('abort', abort);
      run('reconnect', code, reason);
    },
    send(given) {
      // An open listener writes first: what it says (who it is, say) goes before what waits.
      if (!tellingOpen) queue.flush(write);
      // Safe: the socket converts and refuses as the standard says.
      if (write(given as Data)) return;
      const data = toData(given);
      const bytes = sizeOf(data);
      const gone = queue.push(data, bytes);
      for (const one of gone) dispatch(makeEvent('MessageEvent', 'drop', { data: one }));
      if (gone.includes(data) && overflow === 'reject') {
        throw domException('QuotaExceededError', `send: no room in the queue for ${bytes} bytes`);
      }
    },
    drain: queue.drain,
    get readyState() {
      const status = reconnector.status();
      if (tellingEnd) return CLOSED;
      if (status === 'open') return link.socket()?.readyState ?? OPEN;
      return READY_STATES[status] ?? 0;
    },
    get bufferedAmount() {
      return queue.bytes + (link.socket()?.bufferedAmount || 0);
    },
    get retryCount() {
      return reconnector.retryCount();
    },
    get url() {
      return address;
    },
    get protocol() {
      return link.socket()?.protocol ?? '';
    },
    get extensions() {
      return link.socket()?.extensions ?? '';
    },
    get binaryType() {
      return binaryType;
    },
    set binaryType(type) {
      binaryType = type;
      const socket = link.socket();
      if (socket) socket.binaryType = type;
    },
  };
  return shell;
};
