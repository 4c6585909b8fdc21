/** What comes ends a wait, so only a busy machine waits so long; what must not come is waited for as long as by default. */
export const PATIENCE = { timeout: 8_000, calm: 100 } as const;
