/** As much of the browser's locks as tabs use. */
export interface FakeLocks {
  request(name: string, options: LockOptions, granted: (lock: { readonly name: string }) => unknown): Promise<void>;
  query(): Promise<{ readonly held: readonly [] }>;
}

/**
 * Locks of a browser with one tab, which gets all that it asks for.
 *
 * @param asked Their names, as they are asked for.
 */
export const locksOfOneTab = (asked: string[] = []): FakeLocks => ({
  async request(name, _options, granted) {
    asked.push(name);
    await Promise.resolve();
    await granted({ name });
  },
  query: async () => ({ held: [] }),
});
