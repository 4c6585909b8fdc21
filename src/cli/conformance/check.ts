import type { Kit } from './kit.js';
import type { Offer } from './survey.js';

/** One guarantee of PROTOCOL.md, as in its table of levels. */
export type GroupName = 'liveness' | 'resume' | 'epoch' | 'channels' | 'acks' | 'idempotency' | 'auth' | 'goaway';

/**
 * Who must pass a check: `seed` every server that keeps a stream, `full` one that gives all guarantees, `extra` nobody,
 * because the rule is a MAY or a SHOULD, or holds for some servers alone.
 */
export type CheckLevel = 'seed' | 'full' | 'extra';

/** One rule of PROTOCOL.md, and how to find out whether a server keeps it. */
export interface Check {
  readonly name: string;
  readonly level: CheckLevel;
  /** The section of PROTOCOL.md that states the rule. */
  readonly section: string;
  readonly rule: string;
  /** What the server must have been seen to do, or the rule says nothing about it. */
  readonly needs: readonly Offer[];
  /** Ends well if the rule is kept. @throws Failure, NotOffered */
  readonly run: (kit: Kit) => Promise<void>;
}

export interface CheckGroup {
  readonly group: GroupName;
  readonly checks: readonly Check[];
}

/** The server broke the rule. */
export class Failure extends Error {}

/** The server leaves out what the rule is about, as PROTOCOL.md allows. */
export class NotOffered extends Error {}
