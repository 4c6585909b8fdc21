import { readFileSync } from 'node:fs';
import { descendants } from '../descendants.js';

/** What a process has computed so far, in ticks of 10 ms. */
const ticks = (pid: number): number => {
  try {
    // After the name, which may have spaces; as user and in the kernel.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    return Number(fields[11]) + Number(fields[12]);
  } catch {
    // It has ended in the meantime.
    return 0;
  }
};

/**
 * The process of a page, which no browser tells: the one that computes while the page does. Linux only. Rejects if it
 * is one of those that run other pages.
 *
 * @param word In the command line of the processes that run pages.
 * @param taken Those that run other pages, which have much to do.
 */
export async function pageProcess(
  word: string,
  taken: ReadonlySet<number>,
  evaluate: (expression: string) => Promise<unknown>,
): Promise<number> {
  let last: number | undefined;
  for (let tries = 0; tries < 20; tries += 1) {
    const free = descendants(word).filter((pid) => !taken.has(pid));
    const before = new Map(free.map((pid) => [pid, ticks(pid)]));
    // Longer each time: the others may leave it little of the processor.
    const ms = Math.min(200 * (tries + 1), 2_000);
    await evaluate(`(() => { const end = Date.now() + ${ms}; while (Date.now() < end); })()`);
    const busy = [...before].map(([pid, start]) => ({ pid, spent: ticks(pid) - start }));
    const [first, second] = busy.sort((a, b) => b.spent - a.spent);
    const found = first && first.spent >= 5 && first.spent >= 2 * (second?.spent ?? 0) ? first.pid : undefined;
    // Once it may be another that has just been started.
    if (found !== undefined && found === last) return found;
    last = found;
  }
  throw new Error('no process is busy with this page alone');
}
