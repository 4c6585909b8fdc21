import type {
  ChannelState,
  ErrorCode,
  Gap,
  Message,
  OutcomeName,
  Place,
  SocketEvents,
  SocketState,
  SocketStats,
} from '../index.js';

/** An error as it travels: classes do not survive the way to another tab. */
export interface Fault {
  readonly code: ErrorCode;
  readonly message: string;
  readonly id?: string | undefined;
  readonly serverCode?: string | number | undefined;
  readonly serverMessage?: string | undefined;
}

/** A message on its way out, as the tab keeps it that sent it. */
export interface Entry {
  readonly id: string;
  readonly message: Message;
  readonly channel: string | undefined;
  readonly createdAt: number;
  /** ms; undefined leaves it to the policy. */
  readonly ttl: number | undefined;
  /** Whether it is answered by the data of its ack. */
  readonly request: boolean;
  /** Since when a leader has it, and may have written it. */
  since: number | undefined;
  /** The `client` of that leader: as another one the server may not know the id, and do it twice. */
  client?: string | undefined;
  /** Whose conversation it was when this was sent, if the token hook says so: it is not sent for anybody else. */
  readonly subject?: string | undefined;
  /** Its sender has taken it back. */
  withdrawn?: true;
  /** This tab left it to others when it went, so that only they may write it. */
  left?: true;
}

/** A step of a stream: from one place to another, with what was told on the way. */
export interface Step {
  readonly do: 'step';
  readonly channel: string | undefined;
  readonly after: Place;
  readonly to: Place;
  readonly message?: Message | undefined;
  readonly gap?: Gap | undefined;
}

/** The conversation as a whole; `client`, `conn`, `subject` and `welcomed` are what the next leader goes on with. */
export interface Life {
  readonly do: 'life';
  readonly state: { readonly status: SocketState['status']; readonly error?: Fault | undefined };
  readonly stats: SocketStats;
  readonly client: string;
  readonly conn: number;
  readonly subject?: string | undefined;
  readonly welcomed?: boolean | undefined;
}

/** An event for the listeners, of all tabs or of one. */
export interface Event {
  readonly do: 'event';
  readonly name: Exclude<keyof SocketEvents, 'state' | 'gap' | 'cursor'>;
  readonly event: unknown;
  /** The id of the message that it is about: only the tab that sent it is told. */
  readonly id?: string;
  readonly to?: string | undefined;
}

/** How a message ended. */
export interface Settled {
  readonly do: 'settled';
  readonly id: string;
  readonly outcome: OutcomeName;
  readonly by?: 'ack' | 'pong';
  readonly data?: unknown;
  readonly error?: Fault | undefined;
}

/** The state of a channel's subscription. */
export interface ChannelNews {
  readonly do: 'channel';
  readonly channel: string;
  readonly state: ChannelState;
}

/** What the leader tells every tab, itself among them: each is a command, to tell the listeners there. */
export type News = Step | Life | Event | Settled | ChannelNews | { readonly do: 'durable'; readonly id: string };

/** Where each stream stands; `undefined` is the default stream. */
export type Cursors = ReadonlyMap<string | undefined, Place>;

/** When a leader began, and which tab it is: no two have the same, and that of a later one compares as greater. */
export type Term = string;

/** What the leader says; `term` grows with each leader, so that an old one is not listened to. Without news: here it is. */
export interface LeaderWord {
  readonly term: Term;
  readonly news: readonly News[];
  /** The tab whose `join` this answers: the news are what it has missed, and for no other. */
  readonly to?: string | undefined;
}

/** What a tab says to the leader. */
export type MemberWord =
  /** Where it stands, what it wants, and what it knows of the conversation, for a leader that knows less. */
  | {
      readonly say: 'join';
      readonly cursors: Cursors;
      readonly channels: readonly string[];
      readonly life: Life | undefined;
      readonly last: Term;
    }
  /** `under`: the term of the leader that it is given to. */
  | { readonly say: 'give'; readonly entry: Entry; readonly under: Term }
  | { readonly say: 'pass'; readonly wish: Wish }
  | { readonly say: 'ask' };

/** What any tab says to all. */
type TabWord =
  /**
   * Farewell: what it holds that has no ending yet; and, of a leader, what it had not written. Only the heir may write
   * that, or two tabs would.
   */
  | {
      readonly say: 'leave';
      readonly led: boolean;
      readonly heir: string | undefined;
      readonly entries: readonly Entry[];
      readonly unwritten: readonly string[];
    }
  /** A leader that knows nothing of earlier ones asks those who do to `join`. */
  | { readonly say: 'who' };

/** For the socket, whatever tab has it. */
export type Wish =
  | { readonly do: 'withdraw'; readonly id: string }
  | { readonly do: 'call'; readonly call: 'connect' | 'reconnect' };

export type Word = LeaderWord | MemberWord | TabWord;
/** A word as it travels. */
export type Said = Word & { readonly from: string };
