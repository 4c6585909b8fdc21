import type { LogListener } from '../replay-log.js';
import type { RedisClient, RedisSubscriber } from './client.js';
import { within } from './within.js';

/** Tells what any node appends, as it happens. */
export interface FanOut {
  /** Resolves when Redis tells everything from now on. */
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
  const listeners = new Set<LogListener>();
  let connecting: Promise<RedisSubscriber> | undefined;

  const connect = async (): Promise<RedisSubscriber> => {
    const subscriber = client.duplicate();
    // The application's own client tells the same; without a listener it would end the process.
    subscriber.on('error', () => {});
    let wasReady = false;
    subscriber.on('ready', () => {
      // It has subscribed again by itself; what came meanwhile was told to nobody.
      if (wasReady) for (const listener of listeners) listener.missed();
      wasReady = true;
    });
    await subscriber.connect();
    return subscriber;
  };

  return {
    async subscribe(name, listener) {
      connecting ??= connect();
      connecting.catch(() => {
        connecting = undefined;
      });
      const subscriber = await within(patience, connecting);
      const onMessage = (message: string): void => hear(listener, message);
      const end = (): void => {
        listeners.delete(listener);
        // If the connection is gone, so is the subscription.
        subscriber.unsubscribe(name, onMessage).catch(() => {});
      };
      listeners.add(listener);
      try {
        await within(patience, subscriber.subscribe(name, onMessage));
      } catch (error) {
        end();
        throw error;
      }
      return end;
    },
    close() {
      void connecting?.then((subscriber) => subscriber.destroy());
      connecting = undefined;
    },
  };
};
