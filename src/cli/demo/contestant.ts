/** What both clients of the demo can do. */
export interface Contestant {
  readonly name: string;
  readonly isOpen: boolean;
  /** Connections that opened, but for the first. */
  readonly reconnects: number;
  /** The application sends a message, come what may. */
  send(number: number): void;
  /** Ends in the best way that the client knows. */
  close(): Promise<void>;
}

export interface ContestantParts {
  readonly url: string;
  readonly random: () => number;
  /** Called with the number of each message that arrives. */
  readonly onTick: (number: number) => void;
}
