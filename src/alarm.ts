import type { Environment } from './environment.js';

/**
 * The one timer. It is moved only to an earlier time; that a deadline went later is found out when it fires. Without any
 * deadline it is taken away, for in Node it would keep the process.
 */
export class Alarm {
  readonly #environment: Environment;
  readonly #ring: () => void;
  #at = Infinity;
  #handle: unknown;

  constructor(environment: Environment, ring: () => void) {
    this.#environment = environment;
    this.#ring = ring;
  }

  set(at: number): void {
    if (at >= this.#at && at < Infinity) return;
    this.clear();
    if (at === Infinity) return;
    this.#at = at;
    this.#handle = this.#environment.setTimer(
      () => {
        this.#at = Infinity;
        this.#ring();
      },
      Math.max(0, Math.ceil(at - this.#environment.now())),
    );
  }

  clear(): void {
    if (this.#at < Infinity) this.#environment.clearTimer(this.#handle);
    this.#at = Infinity;
  }
}
