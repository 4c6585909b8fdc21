import { about, isApp } from './bends.js';
import type { BrokenServer } from './broken-server.js';

export const auth: readonly BrokenServer[] = [
  {
    check: 'auth/refused',
    fault: 'says 4403 to a token that may be refreshed',
    bend: () => ({ close: (code) => (code === 4401 ? 4403 : code) }),
  },
  {
    check: 'auth/refused-unproved',
    fault: 'answers pings before it has judged the token',
    bend: () => ({
      url: (query, { write }) => void (about('auth/refused-unproved', query.get('client')) && write({ type: 'pong' })),
    }),
  },
  {
    check: 'auth/forbidden',
    fault: 'says 4401 to who will never be let in',
    bend: () => ({ close: (code) => (code === 4403 ? 4401 : code) }),
  },
  {
    check: 'auth/accepted',
    fault: 'refuses a good token',
    bend: () => ({
      url: (query) => void (about('auth/accepted', query.get('client')) && query.set('token', 'nobody')),
    }),
  },
  {
    check: 'auth/same-principal',
    fault: 'lets anybody take over',
    bend: () => ({
      url: (query, link) => {
        for (const other of link.all) {
          const isSame = other.query.get('client') === query.get('client');
          if (isSame && other.query.get('token') !== query.get('token')) other.close(4409);
        }
      },
    }),
  },
  {
    check: 'auth/subprotocol',
    fault: 'selects the subprotocol with the token',
    bend: () => ({ protocol: (offered) => offered.at(-1) ?? '' }),
    server: { auth: 'subprotocol' },
    target: { auth: 'subprotocol' },
  },
  {
    check: 'auth/first-frame',
    fault: 'takes messages before the token',
    bend: () => ({
      in: (frame, { notes, forward }) => {
        const isEarly = isApp(frame) && !notes.has('auth');
        notes.set('auth', true);
        if (!isEarly) return frame;
        setTimeout(() => forward(frame), 20);
        return { type: 'auth', token: 'ann' };
      },
    }),
    server: { auth: 'message' },
    target: { auth: 'message', token: 'ann' },
  },
  {
    check: 'auth/again',
    fault: 'says welcome again to a new token',
    bend: () => ({
      in: (frame, { notes }) => {
        if (frame.type === 'auth') notes.set('auth', frame.messageId);
        return frame;
      },
      out: (frame, { notes }) =>
        frame.type === 'ack' && frame.messageId === notes.get('auth') ? [frame, { type: 'welcome' }] : frame,
    }),
  },
  {
    check: 'auth/again-refused',
    fault: 'does not look at a new token',
    bend: () => ({
      out: (frame) => (frame.type === 'nack' && frame.code === 'unauthorized' ? { ...frame, type: 'ack' } : frame),
    }),
  },
];
