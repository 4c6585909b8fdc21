import { actionPath, type Blow, type Hello, type Status, VISIT_PATH } from '../api.js';

export interface Host {
  readonly hello: Hello;
  /** Resolves when its effect is over. */
  strike(blow: Blow): Promise<void>;
}

/** Begins a visit, which lasts as long as this page. @param onGone Called when the host is away: it is over then. */
export function openHost(onStatus: (status: Status) => void, onGone: () => void): Promise<Host> {
  return new Promise((resolve) => {
    const events = new EventSource(VISIT_PATH);
    events.addEventListener('hello', ({ data }) => {
      const hello: Hello = JSON.parse(data);
      resolve({
        hello,
        async strike(blow) {
          await fetch(actionPath(hello.visit, blow), { method: 'POST' });
        },
      });
    });
    events.addEventListener('status', ({ data }) => onStatus(JSON.parse(data)));
    events.addEventListener('error', () => {
      // It would come back by itself, as another visit.
      events.close();
      onGone();
    });
  });
}
