import { byId, setText } from '../../page/dom.js';
import { log } from '../../page/log.js';
import { type Blow, blows } from '../api.js';
import type { Host } from './host.js';
import type { Room } from './room.js';

/** What the log says when a blow begins. */
const announcements: Readonly<Record<Blow, string>> = {
  killA: 'You killed node A. It comes back after 3 s.',
  killB: 'You killed node B. It comes back after 3 s.',
  roll: 'You restart both nodes, one after the other. Each sends its clients away first.',
  restart: 'You killed Redis. It comes back with its data.',
  wipe: 'You wiped Redis while client 4 is away. It comes back without its data.',
  cut: 'You cut all links. Nobody can connect for 2 s.',
};

export interface Controls {
  readonly paused: boolean;
  /** Lets everybody talk, unless the visitor has paused already. */
  begin(): void;
}

/** Makes the buttons work. */
export function wireControls(host: Host, room: Room): Controls {
  for (const blow of blows) {
    const button = byId(blow);
    button.addEventListener('click', () => void strike(button, blow));
  }
  byId('flood').addEventListener('click', () => {
    log('You let each client send 250 messages at once.');
    room.flood();
  });

  // Not `disabled`: that would take the focus away.
  async function strike(button: HTMLElement, blow: Blow): Promise<void> {
    if (button.getAttribute('aria-disabled') === 'true') return;
    button.setAttribute('aria-disabled', 'true');
    log(announcements[blow]);
    // The page says itself when the host is gone.
    await host.strike(blow).catch(() => {});
    button.removeAttribute('aria-disabled');
  }

  let paused = false;
  const toggle = byId('pause');
  toggle.addEventListener('click', () => {
    paused = !paused;
    toggle.setAttribute('aria-pressed', String(paused));
    setText(byId('pause-label'), paused ? 'Go on' : 'Pause');
    talk();
  });

  function talk(): void {
    if (paused) room.pause();
    else room.resume();
  }

  return {
    get paused() {
      return paused;
    },
    begin: talk,
  };
}
