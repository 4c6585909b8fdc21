/** Calls back when the signal is aborted after this, if there is one. The returned function ends that. */
export const onAbort = (signal: AbortSignal | undefined, call: () => void): (() => void) => {
  signal?.addEventListener('abort', call);
  return () => signal?.removeEventListener('abort', call);
};
