import type { Command } from './io.js';

const NOTHING: readonly Command[] = [];

/** What a session is told beside an input, and where its parts put their commands. */
export class Turn {
  /** ms */
  now: number;
  /** Bytes that wait in the connection; what this turn writes is added. */
  buffered = 0;
  #commands: Command[] | undefined;

  constructor(now: number) {
    this.now = now;
  }

  tell(command: Command): void {
    if (this.#commands === undefined) this.#commands = [command];
    else this.#commands.push(command);
  }

  /** Takes what was told: an idle connection holds on to nothing. */
  take(): readonly Command[] {
    const commands = this.#commands ?? NOTHING;
    this.#commands = undefined;
    return commands;
  }
}
