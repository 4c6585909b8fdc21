import { type Action, actionPath, type Counts, type Hello, SESSION_PATH, tokenPath } from '../api.js';

export interface Host {
  readonly hello: Hello;
  /** Resolves when the action is over. */
  act(action: Action): Promise<void>;
  fetchToken(): Promise<string>;
}

/** Opens a session, which lasts as long as this page. @param onGone Called when the server is away: it is over then. */
export function openHost(onCounts: (counts: Counts) => void, onGone: () => void): Promise<Host> {
  return new Promise((resolve) => {
    const events = new EventSource(SESSION_PATH);
    events.addEventListener('hello', ({ data }) => {
      const hello: Hello = JSON.parse(data);
      resolve({
        hello,
        async act(action) {
          await fetch(actionPath(hello.session, action), { method: 'POST' });
        },
        async fetchToken() {
          const response = await fetch(tokenPath(hello.session));
          const { token }: { token: string } = await response.json();
          return token;
        },
      });
    });
    events.addEventListener('counts', ({ data }) => onCounts(JSON.parse(data)));
    events.addEventListener('error', () => {
      // It would come back by itself, as another session.
      events.close();
      onGone();
    });
  });
}
