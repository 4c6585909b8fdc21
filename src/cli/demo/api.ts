// What the demo's page and its server say to each other. The session lasts as long as its stream of events.

/** The stream of events: `hello` first, then `counts` every `COUNTS_EVERY_MS`. */
export const SESSION_PATH = '/api/session';
export const COUNTS_EVERY_MS = 250;

/** POST: answered when the action is over. */
export const actionPath = (session: string, action: Action): string => `${SESSION_PATH}/${session}/${action}`;

/** GET: the token that the servers take now. */
export const tokenPath = (session: string): string => `${SESSION_PATH}/${session}/token`;

export const sideNames = ['naive', 'reliable'] as const;
export type SideName = (typeof sideNames)[number];
export type Sides<T> = Readonly<Record<SideName, T>>;

/** What a visitor can do to both clients at once. */
export const blows = ['cut', 'freeze', 'slow', 'flood', 'restart', 'forget', 'expire'] as const;
export type Blow = (typeof blows)[number];

/**
 * `narrow` comes before `flood`, so that the page's half of it meets a narrow link too. The servers talk from `resume`
 * on, so that nothing is sent before both clients are there.
 */
export type Action = Blow | 'narrow' | 'pause' | 'resume';
export const actions: readonly Action[] = [...blows, 'narrow', 'pause', 'resume'];

/** How many messages a flood sends each way. */
export const FLOOD_MESSAGES = 2_000;

/** From the server: its n-th message. */
export type Tick = { readonly type: 'tick'; readonly n: number };
/** From the page: its n-th message. */
export type Note = { readonly type: 'note'; readonly n: number };

export interface Hello {
  readonly session: string;
  /** Where each client connects to: its own fault proxy. */
  readonly urls: Sides<string>;
}

/** Consecutive numbers, both ends included. */
export type Run = readonly [first: number, last: number];

export interface ServerCounts {
  /** How many messages the server has sent, or would have if there was a connection. */
  readonly sent: number;
  /** Which messages took effect at the server since the last event, in the order of arrival. */
  readonly arrived: readonly Run[];
}

export type Counts = Sides<ServerCounts>;
