import { onAbort } from './abort.js';
import { ReliableSocketError } from './errors.js';

/** Takes a listener away again. */
export type Unsubscribe = () => void;

export interface ListenOptions {
  /** Takes the listener away when it is aborted. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Listeners by name. One that throws neither stops the others nor its caller: what it threw goes to `onThrow`. A
 * listener that is added or taken away while an event is told counts from the next event on.
 */
export class Emitter<Events extends object> {
  readonly #listeners: Map<keyof Events, readonly ((event: never) => void)[]> = new Map();
  readonly #onThrow: (error: unknown, name: keyof Events) => void;
  readonly #names: readonly (keyof Events)[] | undefined;

  /** @param names all that are ever told; without them any name is one */
  constructor(onThrow: (error: unknown, name: keyof Events) => void, names?: readonly (keyof Events)[]) {
    this.#onThrow = onThrow;
    this.#names = names;
  }

  on<Name extends keyof Events>(
    name: Name,
    listener: (event: Events[Name]) => void,
    { signal }: ListenOptions = {},
  ): Unsubscribe {
    if (typeof listener !== 'function' || this.#names?.includes(name) === false) {
      const wanted = this.#names?.join(' or ') ?? 'a type';
      throw new ReliableSocketError(
        'bad-call',
        `on: got ${String(name)}, ${typeof listener}, wanted ${wanted}, function`,
      );
    }
    if (signal?.aborted) return () => {};
    // A wrapper of its own, so that the same function can be added twice and taken away once.
    const own = (event: Events[Name]): void => listener(event);
    this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), own]);
    const off = (): void => {
      forget();
      this.#listeners.set(name, this.#listeners.get(name)?.filter((other) => other !== own) ?? []);
    };
    const forget = onAbort(signal, off);
    return off;
  }

  emit<Name extends keyof Events>(name: Name, event: Events[Name]): void {
    for (const listener of this.#listeners.get(name) ?? []) {
      try {
        // Safe: under this name only listeners for this event were added.
        (listener as (event: Events[Name]) => void)(event);
      } catch (error) {
        this.#onThrow(error, name);
      }
    }
  }
}
