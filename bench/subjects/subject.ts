/** What is sent both ways; the server adds `seq`. */
export interface Chat {
  readonly type: 'chat';
  readonly from: string;
  readonly text: string;
  readonly n: number;
}

/** One client, used as its documentation says. */
export interface Subject {
  /**
   * Resolves once it is connected.
   * @param heard To be called for each chat message.
   * @param acks Whether what will be sent wants acks.
   */
  open(url: string, heard: (message: Chat) => void, acks: boolean): Promise<void>;
  send(message: Chat): void;
  /** How many messages wait for their ack. */
  unacked(): number;
}

export const chat = (n: number): Chat => ({ type: 'chat', from: 'ann', text: 'something that a person said', n });
