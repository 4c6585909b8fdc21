/** As much of a stream of Node as is used here. */
export interface Corkable {
  cork(): void;
  uncork(): void;
}

/** Bytes that wait for the end of a turn at most. */
const MOST = 16_384;

let corked: Cork[] = [];

const releaseAll = (): void => {
  const all = corked;
  corked = [];
  for (const cork of all) cork.release();
};

/** What one connection is written in one turn of the event loop leaves together: a call of the system costs most of all. */
export class Cork {
  readonly #stream: Corkable;
  #bytes = 0;

  constructor(stream: Corkable) {
    this.#stream = stream;
  }

  /** That many bytes will be written now. */
  add(bytes: number): void {
    if (this.#bytes === 0) {
      this.#stream.cork();
      if (corked.length === 0) process.nextTick(releaseAll);
      corked.push(this);
    } else if (this.#bytes + bytes > MOST) {
      this.#stream.uncork();
      this.#stream.cork();
      this.#bytes = 0;
    }
    this.#bytes += bytes;
  }

  release(): void {
    this.#bytes = 0;
    this.#stream.uncork();
  }
}
