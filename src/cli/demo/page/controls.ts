import { type Blow, blows, type Sides } from '../api.js';
import { byId, setText } from './dom.js';
import type { Host } from './host.js';
import { log } from './log.js';
import type { Side } from './side.js';

/** What the log says when a blow begins. */
const announcements: Readonly<Record<Blow, string>> = {
  cut: 'You cut both links. Nobody can connect for 3 s.',
  freeze: 'You froze both links. No byte passes, and nobody is told.',
  slow: 'You made both links slow: for 6 s everything comes 0.8 s late.',
  flood: 'You sent 2,000 messages each way on a narrow link, which then breaks.',
  restart: 'You restarted both servers. Their logs stay.',
  forget: 'You wiped both servers: they restart and remember nothing.',
  expire: 'You made the token expire. Both servers refuse the old one.',
};

export interface Controls {
  readonly paused: boolean;
  /** Lets everybody talk, unless the visitor has paused already. */
  begin(): void;
}

/** Makes the buttons work. */
export function wireControls(host: Host, sides: Sides<Side>): Controls {
  for (const blow of blows) {
    const button = byId(blow);
    button.addEventListener('click', () => void strike(button, blow));
  }

  // Not `disabled`: that would take the focus away.
  async function strike(button: HTMLElement, blow: Blow): Promise<void> {
    if (button.getAttribute('aria-disabled') === 'true') return;
    button.setAttribute('aria-disabled', 'true');
    log(announcements[blow]);
    // The page says itself when the server is gone.
    await (blow === 'flood' ? flood() : host.act(blow)).catch(() => {});
    button.removeAttribute('aria-disabled');
  }

  async function flood(): Promise<void> {
    await host.act('narrow');
    for (const side of Object.values(sides)) side.flood();
    await host.act('flood');
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
    for (const side of Object.values(sides)) {
      if (paused) side.pause();
      else side.resume();
    }
    void host.act(paused ? 'pause' : 'resume').catch(() => {});
  }

  return {
    get paused() {
      return paused;
    },
    begin: talk,
  };
}
