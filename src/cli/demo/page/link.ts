/** What a client says of its link. Times are those of `Date.now()`. */
export type LinkState =
  | { readonly status: 'connecting' }
  | { readonly status: 'open' }
  | { readonly status: 'waiting'; readonly retryAt: number; readonly attempt: number }
  | { readonly status: 'closed'; readonly why: string };

/** A client of the page, as its card shows it. */
export interface PageClient {
  readonly link: LinkState;
  send(number: number): void;
}

export interface PageClientParts {
  readonly url: string;
  readonly fetchToken: () => Promise<string>;
  /** Called with the number of each message that arrives. */
  readonly onTick: (number: number) => void;
  /** Called for each connection that opens; `first` for the first one. */
  readonly onOpen: (first: boolean) => void;
  /** Called when a connection that was open is lost. */
  readonly onLost: (why: string) => void;
}
