import type { Absence } from './io.js';
import type { Reign } from './reign.js';

/** What a tab is among the others. */
export type Role =
  /** Takes no part, or not yet. */
  | { readonly at: 'away'; readonly why?: Absence }
  /** Hears of no leader. */
  | { readonly at: 'seeking' }
  /** Has the lock and knows nothing of earlier leaders, but there are tabs that may. */
  | { readonly at: 'asking' }
  /** `joined`: the leader has answered, and from then on nothing is missed. */
  | { readonly at: 'following'; readonly joined: boolean }
  | { readonly at: 'leading'; readonly reign: Reign };
