import { byId } from './dom.js';

const MOST_LINES = 100;

/** What happened, the newest first. It is read aloud politely, so only what matters goes in. */
export function log(text: string): void {
  const list = byId('log');
  const line = document.createElement('li');
  const time = document.createElement('time');
  time.textContent = new Date().toLocaleTimeString('en-GB');
  line.append(time, ` ${text}`);
  list.prepend(line);
  while (list.childElementCount > MOST_LINES) list.lastElementChild?.remove();
}
