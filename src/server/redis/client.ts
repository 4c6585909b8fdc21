/** As much of a client of the `redis` package as is used here. */
export interface RedisClient {
  readonly isOpen: boolean;
  readonly isReady: boolean;
  sendCommand(args: readonly string[]): Promise<unknown>;
  duplicate(): RedisSubscriber;
}

/** A connection of its own: one that subscribes can do nothing else. */
export interface RedisSubscriber {
  readonly isOpen: boolean;
  connect(): Promise<unknown>;
  on(event: string, listener: (...values: unknown[]) => void): unknown;
  subscribe(channel: string, listener: (message: string) => void): Promise<void>;
  unsubscribe(channel: string, listener: (message: string) => void): Promise<void>;
  destroy(): void;
}
