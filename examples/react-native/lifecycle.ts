import type { Lifecycle } from 'reliable-socket';

/** As much of React Native's `AppState` as is used here. */
export interface AppStateLike {
  addEventListener(type: 'change', listener: (state: string) => void): { remove(): void };
}

export interface NetState {
  readonly type: string;
  /** Null while it is not known. */
  readonly isConnected: boolean | null;
  readonly details: object | null;
}

/** As much of `@react-native-community/netinfo` as is used here. It tells the present state at once. */
export interface NetInfoLike {
  addEventListener(listener: (state: NetState) => void): () => void;
}

/** Another Wi-Fi is another network too, and has another address. */
const nameOf = ({ type, details }: NetState): string =>
  `${type} ${details && 'ipAddress' in details ? details.ipAddress : ''}`;

/**
 * The life of an app on a phone, for `options.lifecycle`. In the background the system stops the app sooner or later and
 * takes its sockets; nothing is done about that in advance, since a short look at another app should cost no reconnect.
 * When it is active again the link is probed, and one that ended meanwhile is replaced within 200 ms.
 */
export const reactNativeLifecycle =
  (appState: AppStateLike, netInfo: NetInfoLike): Lifecycle =>
  (tell) => {
    let last: NetState | undefined;
    const subscription = appState.addEventListener('change', (state) => {
      // There is `inactive` too: a call comes in, or the user looks at the list of apps.
      if (state === 'active') tell('visible');
      if (state === 'background') tell('hidden');
    });
    const stop = netInfo.addEventListener((state) => {
      if (state.isConnected === null) return;
      const before = last;
      last = state;
      if (!state.isConnected) {
        if (before?.isConnected !== false) tell('offline');
      } else if (before !== undefined) {
        if (!before.isConnected) tell('online');
        else if (nameOf(before) !== nameOf(state)) tell('network');
      }
    });
    return () => {
      subscription.remove();
      stop();
    };
  };
