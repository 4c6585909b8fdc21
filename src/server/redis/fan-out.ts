import type { LogListener } from '../replay-log.js';
import type { RedisClient, RedisSubscriber } from './client.js';
import { within } from './within.js';

/** Tells what any node says, as it happens. */
export interface FanOut {
  /**
   * Resolves when Redis tells everything from now on.
   *
   * @param missed Called when something may have been said that was not told.
   */
  listen(name: string, heard: (message: string) => void, missed: () => void): Promise<() => void>;
  /** As `listen`, for what is appended to a stream. */
  subscribe(name: string, listener: LogListener): Promise<() => void>;
  close(): void;
}

/** `epoch seq text`, as the append script says it. */
const hear = (listener: LogListener, message: string): void => {
  const first = message.indexOf(' ');
  const second = message.indexOf(' ', first + 1);
  const seq = Number(message.slice(first + 1, second));
  listener.entry({ seq, data: message.slice(second + 1) }, message.slice(0, first));
};

/** Over a connection of its own, made with the first subscription. */
export const createFanOut = (client: RedisClient, patience: number): FanOut => {
  /** For each subscription, what to call when something may have been missed. */
  const listeners = new Set<() => void>();
  let connecting: Promise<RedisSubscriber> | undefined;
  let latest: RedisSubscriber | undefined;

  const connect = async (): Promise<RedisSubscriber> => {
    const subscriber = client.duplicate();
    latest = subscriber;
    // The application's own client tells the same; without a listener it would end the process.
    subscriber.on('error', () => {});
    let wasReady = false;
    subscriber.on('ready', () => {
      // It has subscribed again by itself; what came meanwhile was told to nobody.
      if (wasReady) for (const missed of listeners) missed();
      wasReady = true;
    });
    await subscriber.connect();
    return subscriber;
  };

  const listen: FanOut['listen'] = async (name, heard, missed) => {
    connecting ??= connect();
    connecting.catch(() => {
      connecting = undefined;
    });
    const subscriber = await within(patience, connecting);
    // One of its own, since the same functions may be given twice.
    const onMessage = (message: string): void => heard(message);
    const onMissed = (): void => missed();
    const end = (): void => {
      listeners.delete(onMissed);
      // If the connection is gone, so is the subscription.
      subscriber.unsubscribe(name, onMessage).catch(() => {});
    };
    listeners.add(onMissed);
    try {
      await within(patience, subscriber.subscribe(name, onMessage));
    } catch (error) {
      end();
      throw error;
    }
    return end;
  };

  return {
    listen,
    subscribe: (name, listener) =>
      listen(
        name,
        (message) => hear(listener, message),
        () => listener.missed(),
      ),
    close() {
      // Also one that still tries to connect: it would try for as long as Redis is away.
      if (latest?.isOpen) latest.destroy();
      latest = undefined;
      connecting = undefined;
    },
  };
};
