import { readdirSync, readFileSync } from 'node:fs';

/** A process and all that it has started, as Linux tells it. */
function family(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      // The name in parentheses may hold anything; the parent is the second field after it.
      const parent = Number(readFileSync(`/proc/${name}/stat`, 'utf8').split(') ').at(-1)?.split(' ')[1]);
      children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
    } catch {
      // It has ended meanwhile.
    }
  }
  const all = [pid];
  // The list grows while it is worked off.
  for (const parent of all) all.push(...(children.get(parent) ?? []));
  return all;
}

/** Stops a browser with all its processes, as the sleep of a machine does. Answers with how to let it go on. */
export function stopFamily(pid: number): () => void {
  const stopped = family(pid);
  const tell = (signal: 'SIGSTOP' | 'SIGCONT'): void => {
    for (const one of stopped) {
      try {
        process.kill(one, signal);
      } catch {
        // It has ended meanwhile.
      }
    }
  };
  tell('SIGSTOP');
  return () => tell('SIGCONT');
}
