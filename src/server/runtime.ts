// What Node has, and other runtimes may lack.

const encoder = new TextEncoder();

/** How many bytes a text is in UTF-8. */
export const bytesOf: (text: string) => number =
  'Buffer' in globalThis ? (text) => Buffer.byteLength(text) : (text) => encoder.encode(text).length;

/** The process may end although this timer runs. Elsewhere a timer is a number, and holds nothing back. */
export const unref = (timer: ReturnType<typeof setTimeout>): void => {
  if (typeof timer === 'object') timer.unref();
};

/** Runs once the sockets were read. */
export const afterReads: (run: () => void) => void =
  'setImmediate' in globalThis ? (run) => setImmediate(run) : (run) => setTimeout(run, 0);
