import { randomUUID } from 'node:crypto';
import { type Action, type Counts, type Hello, type SideName, type Sides, sideNames } from '../api.js';
import { deeds } from './blows.js';
import { HostSide } from './side.js';

/** Each server says something so often. */
const TICK_MS = 100;

/** What one open page needs: two servers, each behind a bad network of its own. */
export class Session {
  readonly id: string = randomUUID();
  readonly sides: Sides<HostSide>;
  readonly #token: { value: string };
  #ticking: ReturnType<typeof setInterval> | undefined;
  #restarts: Promise<void> = Promise.resolve();
  #closed: Promise<void> | undefined;

  private constructor(sides: Sides<HostSide>, token: { value: string }) {
    this.sides = sides;
    this.#token = token;
  }

  static async start(): Promise<Session> {
    const token = { value: randomUUID() };
    const side = (): Promise<HostSide> => HostSide.start((given) => given === token.value);
    return new Session({ naive: await side(), reliable: await side() }, token);
  }

  get token(): string {
    return this.#token.value;
  }

  get hello(): Hello {
    return { session: this.id, urls: this.#each((side) => side.proxy.url) };
  }

  takeCounts(): Counts {
    return this.#each((side) => side.takeCounts());
  }

  /** Resolves when it is over. */
  act(action: Action): Promise<void> {
    return deeds[action](this, Object.values(this.sides));
  }

  /** The servers say nothing more until `resume`; so it begins. */
  pause(): void {
    clearInterval(this.#ticking);
  }

  resume(): void {
    this.pause();
    this.#ticking = setInterval(() => {
      for (const name of sideNames) this.sides[name].publish();
    }, TICK_MS);
  }

  /** The old one is refused from now on. */
  renewToken(): void {
    this.#token.value = randomUUID();
  }

  /** For what must not overlap with its like. */
  oneAtATime(run: () => Promise<void>): Promise<void> {
    const done = this.#restarts.then(run);
    this.#restarts = done.catch(() => {});
    return done;
  }

  close(): Promise<void> {
    this.#closed ??= this.#end();
    return this.#closed;
  }

  async #end(): Promise<void> {
    this.pause();
    await this.#restarts;
    await Promise.all(Object.values(this.sides).map((side) => side.stop()));
  }

  #each<T>(read: (side: HostSide, name: SideName) => T): Sides<T> {
    return { naive: read(this.sides.naive, 'naive'), reliable: read(this.sides.reliable, 'reliable') };
  }
}
