import type { SocketState } from 'reliable-socket';

export function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found;
}

export function input(id: string): HTMLInputElement {
  const found = byId(id);
  if (found instanceof HTMLInputElement) return found;
  throw new Error(`#${id} is no input`);
}

export function item(text: string, className = ''): HTMLLIElement {
  return Object.assign(document.createElement('li'), { textContent: text, className });
}

let countdown: ReturnType<typeof setInterval> | undefined;

/** Says how the connection is. Its data is part of the state: no flags to keep in step. */
export function showState(state: SocketState): void {
  clearInterval(countdown);
  const show = (): void => {
    const seconds = state.status === 'waiting' ? Math.max(0, Math.ceil((state.retryAt - Date.now()) / 1_000)) : 0;
    byId('state').textContent = {
      idle: 'Not connected',
      connecting: 'Connecting',
      open: 'Connected',
      waiting: `Offline, next attempt in ${seconds} s`,
      suspended: 'Suspended',
      closing: 'Closing',
      closed: 'Closed',
    }[state.status];
    document.body.dataset.link = state.status;
  };
  show();
  if (state.status === 'waiting') countdown = setInterval(show, 250);
}
