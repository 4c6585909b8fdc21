import type { Timing } from './scenario.js';

/** A numbered message with a text, in either direction. */
export interface Note {
  readonly n: number;
  /** Absent where the client carries numbers only. */
  readonly text?: string;
}

/** What a contestant says that it keeps; the verdict goes by it. */
export type Promised =
  /** Nothing is lost, repeated or out of order. */
  | 'whole'
  /** In: as `whole`. Out: nothing is repeated or out of order, and whatever is lost is told. */
  | 'told'
  | 'nothing';

/** A library with its settings, and the server that goes with it. */
export interface Contestant {
  readonly name: string;
  readonly promised: Promised;
  serve(onNote: (note: Note) => void, timing: Timing): Promise<ServerSide>;
  connect(parts: ClientParts): ClientSide;
}

export interface ServerSide {
  readonly port: number;
  publish(note: Note): void;
  stop(): Promise<void>;
}

export interface ClientParts {
  /** Where the proxy listens. */
  readonly port: number;
  readonly timing: Timing;
  readonly random: () => number;
  readonly onNote: (note: Note) => void;
}

export interface ClientSide {
  readonly isOpen: boolean;
  /** Connections that opened, but for the first. */
  readonly reconnects: number;
  /** Messages that it still holds and means to send. */
  readonly waiting: number;
  /** What it told of messages that were lost, or may be: number and outcome. Gaps have no number. */
  readonly told: readonly Told[];
  send(note: Note): void;
  close(): Promise<void>;
}

export interface Told {
  readonly n: number | undefined;
  readonly what: string;
}

/** For clients that never tell. */
export const toldNothing: readonly Told[] = [];
