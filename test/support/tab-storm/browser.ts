/** A tab of any browser. */
export interface StormPage {
  /** Of the process that runs this page, and no other one. */
  readonly pid: number;
  /** The value of an expression; a promise is awaited. */
  evaluate<T>(expression: string): Promise<T>;
  close(): Promise<void>;
  /** Where a browser freezes pages, and only hidden ones. */
  hide?(): Promise<void>;
  /** Answers what wakes it. */
  freeze?(): Promise<() => Promise<unknown>>;
}

export interface StormBrowser {
  open(url: string): Promise<StormPage>;
  close(): Promise<void>;
}
