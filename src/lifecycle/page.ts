import type { LifecycleSignal } from '../core/io.js';

/**
 * Tells hints about the app's life to the client, and returns a function that stops that. Pass your own as
 * `options.lifecycle` where there is no web page (React Native, Electron, a kiosk), or call `pageLifecycle` in it and add
 * to it. No hint is believed: none proves that a link is dead or alive, and none is needed for anything to work. They
 * only move deadlines.
 *
 * | signal | what it says | what follows |
 * |---|---|---|
 * | `online` | there is a network again | an open link is probed, a wait is cut to 0 to 200 ms |
 * | `offline` | there is none | an open link is asked, no more: a silent one is judged at `online`, within 100 ms if it was silent for 3 s |
 * | `network` | it is another one | as `online` |
 * | `visible` | the user looks at the app | a suspended conversation goes on; else as `online` |
 * | `hidden` | nobody does | nothing: late timers are expected anyway |
 * | `wake` | the machine has slept | as `online` |
 * | `freeze`, `pagehide` | no code will run from now on | the link is closed cleanly, the state is `suspended` |
 * | `resume`, `pageshow` | it runs again | a suspended conversation goes on within 0 to 200 ms; else as `online` |
 *
 * A probe is a ping with 3 s of patience. A link that ends within 5 s after a wake is replaced within 0 to 200 ms. Both
 * quick returns together come at most once in 10 s, for an app may flicker; beyond that the ordinary backoff holds.
 */
export type Lifecycle = (tell: (signal: LifecycleSignal) => void) => () => void;

const WINDOW_EVENTS = ['online', 'offline', 'pagehide', 'pageshow'] as const;
const DOCUMENT_EVENTS = ['visibilitychange', 'freeze', 'resume'] as const;
/** ms between two looks at the clock, and how much later than that one comes only after a sleep. */
const LOOK = 2_000;
const SLEPT = 5_000;

/** As much of a page's globals as is used; whatever the types say, any of it may be missing. */
interface Page extends Partial<Pick<typeof globalThis, 'addEventListener' | 'removeEventListener'>> {
  readonly document?: Partial<Document>;
  /** The Network Information API, which Chromium has. */
  readonly navigator?: { readonly onLine?: boolean; readonly connection?: Partial<EventTarget> };
}

/**
 * The web page's own life: network, visibility, freeze, the back-forward cache, and the sleep of the machine, for which
 * there is no event, but which shows on the clock of a page that is visible. Where there is no page (Node, React Native)
 * it tells nothing; in a worker it tells of the network.
 */
export const pageLifecycle: Lifecycle = (tell) => {
  const scope = globalThis as Page;
  const page = scope.document;
  const connection = scope.navigator?.connection;
  const isHidden = (): boolean => page?.visibilityState === 'hidden';
  const listener = ({ type, persisted }: { readonly type: string; readonly persisted?: boolean }): void => {
    if (type === 'visibilitychange') tell(isHidden() ? 'hidden' : 'visible');
    else if (type === 'change') {
      // The loss of the network is a change as well, and `offline` comes with it, before or after.
      if (scope.navigator?.onLine !== false) tell('network');
    }
    // The first `pageshow` of a page is its load.
    else if (type !== 'pageshow' || persisted) tell(type as LifecycleSignal); // safe: only the names above are listened to
  };
  const all = (method: 'addEventListener' | 'removeEventListener'): void => {
    for (const type of WINDOW_EVENTS) scope[method]?.(type, listener as EventListener);
    for (const type of DOCUMENT_EVENTS) page?.[method]?.(type, listener as EventListener);
    connection?.[method]?.('change', listener as EventListener);
  };
  let lookedAt = Date.now();
  const look = (): void => {
    const slept = Date.now() - lookedAt > LOOK + SLEPT;
    lookedAt = Date.now();
    // The timers of a hidden page come late without any sleep.
    if (slept && !isHidden()) tell('wake');
  };
  const timer = page && setInterval(look, LOOK);
  all('addEventListener');
  return () => {
    clearInterval(timer);
    all('removeEventListener');
  };
};
