/** Calls back when the signal, if there is one, is aborted from now on; answers how not to be called any more. */
export const onAbort = (signal: AbortSignal | undefined, call: () => void): (() => void) => {
  signal?.addEventListener('abort', call);
  return () => signal?.removeEventListener('abort', call);
};
