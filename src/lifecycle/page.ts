import type { LifecycleSignal } from '../core/io.js';

/** Tells hints about the app's life to the client, and answers with how to stop that. */
export type Lifecycle = (tell: (signal: LifecycleSignal) => void) => () => void;

const WINDOW_EVENTS = ['online', 'offline', 'pagehide', 'pageshow'] as const;
const DOCUMENT_EVENTS = ['visibilitychange', 'freeze', 'resume'] as const;

/**
 * The web page's own life: network, visibility, freeze and the back-forward cache. Where there is no page (Node, React
 * Native) it tells nothing; in a worker it tells of the network.
 */
export const pageLifecycle: Lifecycle = (tell) => {
  // Safe: whatever the types say, any of these may be missing.
  const scope = globalThis as Partial<Pick<typeof globalThis, 'addEventListener' | 'removeEventListener' | 'document'>>;
  const page = scope.document as Partial<Document> | undefined;
  const listener = ({ type, persisted }: { readonly type: string; readonly persisted?: boolean }): void => {
    if (type === 'visibilitychange') tell(page?.visibilityState === 'hidden' ? 'hidden' : 'visible');
    // The first `pageshow` of a page is its load.
    else if (type !== 'pageshow' || persisted) tell(type as LifecycleSignal); // safe: only the names above are listened to
  };
  const all = (method: 'addEventListener' | 'removeEventListener'): void => {
    for (const type of WINDOW_EVENTS) scope[method]?.(type, listener as EventListener);
    for (const type of DOCUMENT_EVENTS) page?.[method]?.(type, listener as EventListener);
  };
  all('addEventListener');
  return () => all('removeEventListener');
};
