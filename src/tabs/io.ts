import type { Continuation, SocketState } from '../index.js';
import type { Entry, News, Said, Step, Wish, Word } from './words.js';

/** Why a tab takes no part: frozen, in the back-forward cache, or closed by the application. */
export type Absence = 'freeze' | 'pagehide' | 'called';

/** What the leader's own socket tells; where a step begins is for the log to say. */
export type Told = Exclude<News, Step> | Omit<Step, 'after'>;

export type Input =
  /** The tab is to take part; what is sent from now on waits until it does. */
  | { readonly type: 'back' }
  /** The tab can be heard, and hears. */
  | { readonly type: 'enter' }
  /** `unwritten`: ids that the socket, if this tab leads, has never written. */
  | { readonly type: 'leave'; readonly why: Absence; readonly unwritten: readonly string[] }
  /** The lock is ours; `alone` if no other tab is there. */
  | { readonly type: 'locked'; readonly alone: boolean }
  /** Another tab has taken the lock from this one. */
  | { readonly type: 'robbed' }
  | { readonly type: 'heard'; readonly said: Said }
  /** A tab that was watched is no more. */
  | { readonly type: 'gone'; readonly tab: string }
  | { readonly type: 'alarm' }
  /** `isAborted`: nobody wants it any more. */
  | { readonly type: 'send'; readonly entry: Entry; readonly isAborted?: boolean | undefined }
  | { readonly type: 'cancel'; readonly id: string }
  | { readonly type: 'subscribe' | 'unsubscribe'; readonly channel: string }
  /** The task is over in which this tab changed what it subscribes to. */
  | { readonly type: 'task-over' }
  /** For the one socket; a tab that is away comes back. */
  | { readonly type: 'call'; readonly call: 'connect' | 'reconnect' }
  /** From the leader's own socket. */
  | { readonly type: 'told'; readonly news: Told };

/** For the place of the tab among the others. */
export type PlaceCommand =
  | { readonly do: 'post'; readonly word: Word }
  /** Wait for the lock. */
  | { readonly do: 'compete' }
  /** Take it from a leader that is not heard any more, unless another tab did so in the same attempt. */
  | { readonly do: 'steal'; readonly attempt: string }
  /** Tell when this tab is gone. */
  | { readonly do: 'watch'; readonly tab: string };

/** For the socket, in the tab that leads. */
export type SocketCommand =
  | { readonly do: 'hand'; readonly entry: Entry }
  | { readonly do: 'subscribe' | 'unsubscribe'; readonly channel: string }
  | Wish;

export type TabCommand =
  /** Take a place among the tabs, unless there is one. */
  | { readonly do: 'arrive' }
  /** Give it back with all that belongs to it, so that the page can be frozen and kept by the browser. */
  | { readonly do: 'part' }
  /** This tab leads: make the socket. */
  | { readonly do: 'lead'; readonly continuation: Continuation | undefined }
  /** It does not any more: let go of the socket, in silence. */
  | { readonly do: 'resign' }
  | { readonly do: 'state'; readonly state: SocketState };

export type Command = PlaceCommand | SocketCommand | TabCommand | News;

/** One handler for each command, by its name. */
export type Handlers<C extends Command> = { readonly [Do in C['do']]: (command: Extract<C, { do: Do }>) => void };

/** What the session is told beside an input. */
export interface Surroundings {
  readonly now: number;
  readonly random: () => number;
}
