import { readdirSync, readFileSync } from 'node:fs';

/** Processes of Linux that this one has started, and those that they have started, whose command line has a word. */
export function descendants(word: string): number[] {
  const parents = new Map<number, number>();
  const read = (pid: number, file: string): string => {
    try {
      return readFileSync(`/proc/${pid}/${file}`, 'utf8');
    } catch {
      // It has ended in the meantime.
      return '';
    }
  };
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    // After the name, which may have spaces: the state, and the parent.
    const parent = /^.*\) \S (\d+)/.exec(pid > 0 ? read(pid, 'stat') : '')?.[1];
    if (parent !== undefined) parents.set(pid, Number(parent));
  }
  const isOurs = (pid: number): boolean => {
    const parent = parents.get(pid);
    return parent !== undefined && (parent === process.pid || isOurs(parent));
  };
  return [...parents.keys()].filter((pid) => isOurs(pid) && read(pid, 'cmdline').includes(word));
}
