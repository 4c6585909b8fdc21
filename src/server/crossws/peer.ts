/** As much of a `Request` as is used here. */
export interface UpgradeRequest {
  readonly url: string;
  readonly headers: { get(name: string): string | null };
}

/** As much of a `Peer` of crossws as is used here. */
export interface CrosswsPeer {
  readonly id: string;
  readonly request: UpgradeRequest;
  /** 0 also where the runtime can not tell. */
  readonly bufferedAmount: number;
  send(data: string): unknown;
  close(code?: number, reason?: string): void;
  terminate(): void;
}

/** As much of a `Message` of crossws as is used here. */
export interface CrosswsMessage {
  readonly rawData: unknown;
}
