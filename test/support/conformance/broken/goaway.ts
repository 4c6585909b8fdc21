import type { BrokenServer } from './broken-server.js';

export const goaway: readonly BrokenServer[] = [
  {
    check: 'goaway/goaway',
    fault: 'names a window that is no number',
    bend: () => ({ out: (frame) => (frame.type === 'goaway' ? { ...frame, within: String(frame.within) } : frame) }),
  },
  {
    check: 'goaway/goaway',
    fault: 'names an earliest time in the past',
    bend: () => ({ out: (frame) => (frame.type === 'goaway' ? { ...frame, retryAfter: -1 } : frame) }),
  },
  {
    check: 'goaway/serves-on',
    fault: 'falls silent after goaway',
    bend: () => ({
      out: (frame, { notes }) => {
        if (notes.has('goaway')) return undefined;
        if (frame.type === 'goaway') notes.set('goaway', true);
        return frame;
      },
    }),
  },
  {
    check: 'goaway/closes',
    fault: 'closes with a code that says nothing',
    bend: () => ({ close: (code) => (code === 1012 ? 1000 : code) }),
  },
];
