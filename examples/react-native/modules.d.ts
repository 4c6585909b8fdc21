// As much of the modules of React Native as the example uses: the real ones bring hundreds of packages. In an app of your
// own you have them, and need nothing of this file.

declare module 'react' {
  export type ReactElement = object;
  export function useEffect(effect: () => () => void, dependencies: readonly unknown[]): void;
  export function useState<T>(initial: T): [value: T, set: (next: T | ((last: T) => T)) => void];
  export function useSyncExternalStore<T>(subscribe: (changed: () => void) => () => void, get: () => T): T;
}

declare module 'react/jsx-runtime' {
  export namespace JSX {
    type Element = object;
    interface ElementChildrenAttribute {
      readonly children: unknown;
    }
  }
}

declare module 'react-native' {
  export const AppState: {
    addEventListener(
      type: 'change',
      listener: (state: 'active' | 'background' | 'inactive') => void,
    ): { remove(): void };
  };
  export function Button(props: { readonly title: string; readonly onPress: () => void }): object;
  export function FlatList<T>(props: {
    readonly data: readonly T[];
    readonly renderItem: (row: { readonly item: T }) => object;
  }): object;
  export function Text(props: { readonly children: string }): object;
  export function TextInput(props: {
    readonly value: string;
    readonly onChangeText: (text: string) => void;
    readonly onSubmitEditing: () => void;
  }): object;
  export function View(props: { readonly children: readonly object[] }): object;
}

declare module '@react-native-community/netinfo' {
  const NetInfo: {
    addEventListener(
      listener: (state: {
        readonly type: string;
        readonly isConnected: boolean | null;
        readonly details: { readonly ipAddress: string | null } | null;
      }) => void,
    ): () => void;
  };
  export default NetInfo;
}
