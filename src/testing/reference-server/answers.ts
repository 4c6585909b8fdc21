/** What becomes of one message: an ack, with `data` for a request, or a nack. */
export type Answer =
  | { readonly data?: unknown }
  | { readonly nack: { readonly code: string; readonly message: string; readonly retry?: boolean } };

interface Remembered {
  readonly at: number;
  readonly answer: Promise<Answer>;
}

/** Remembers for each client which message ids it has sent, and what they were answered. */
export class Answers {
  readonly #clients = new Map<unknown, Map<string, Remembered>>();

  /**
   * Returns the answer that this id got first, also while it is still being
   * found; else runs `handle` and remembers what it says for `memory` ms.
   */
  once(client: unknown, messageId: string, memory: number, handle: () => Promise<Answer>): Promise<Answer> {
    const remembered = this.#of(client, memory);
    const known = remembered.get(messageId);
    if (known !== undefined) return known.answer;
    const answer = handle();
    remembered.set(messageId, { at: Date.now(), answer });
    void answer.then((found) => {
      // The same id comes again, and must not get the same refusal for ever.
      if ('nack' in found && found.nack.retry === true) remembered.delete(messageId);
    });
    return answer;
  }

  #of(client: unknown, memory: number): Map<string, Remembered> {
    const remembered = this.#clients.get(client) ?? new Map<string, Remembered>();
    this.#clients.set(client, remembered);
    // A Map keeps the order of insertion, so the oldest are first.
    for (const [messageId, { at }] of remembered) {
      if (Date.now() - at < memory) break;
      remembered.delete(messageId);
    }
    return remembered;
  }
}
