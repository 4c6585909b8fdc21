// What Node has, and other runtimes may lack.

const encoder = new TextEncoder();

/** `ws` sends a buffer of Node without a wrapper around it; the others have no such class, or do not care. */
export const toBytes: (text: string) => Uint8Array =
  'Buffer' in globalThis ? (text) => Buffer.from(text) : (text) => encoder.encode(text);

/** The process may end although this timer runs. Elsewhere a timer is a number, and holds nothing back. */
export const unref = (timer: ReturnType<typeof setTimeout>): void => {
  if (typeof timer === 'object') timer.unref();
};

/** Runs once the sockets were read. */
export const afterReads: (run: () => void) => void =
  'setImmediate' in globalThis ? (run) => setImmediate(run) : (run) => setTimeout(run, 0);
