export const symbols: readonly string[] = ['AAA', 'BBB', 'CCC'];

/** From the server, without a number: it is never replayed. */
export type Price = { type: 'price'; symbol: string; bid: number; at: number };

/** From the page. A newer wish makes the one before it pointless. */
export type Wish = { type: 'watch'; symbols: string[] } | { type: 'rate'; perSecond: number };
