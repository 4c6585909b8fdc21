import type { Target } from '../../../src/cli/conformance/target.js';
import type { ReferenceServerOptions } from '../../../src/testing/reference-server.js';
import type { Bend, BentLink, Frame } from './bent-server.js';

/** A server that breaks the rule of one check and keeps all others. */
export interface BrokenServer {
  /** Which check must find it. */
  readonly check: string;
  /** What is wrong with it. */
  readonly fault: string;
  /** Made anew for each server, since some remember. */
  readonly bend: () => Bend;
  /** How the good server behind it is set up. */
  readonly server?: ReferenceServerOptions;
  readonly target?: Partial<Target>;
}

const isApp = ({ type }: Frame): boolean => type === 'chat' || type.startsWith('test:');
const lastSeqOf = ({ query }: BentLink): number | undefined =>
  query.has('lastSeq') ? Number(query.get('lastSeq')) : undefined;

/**
 * Whether something belongs to one check: its texts, ids, channels and clients are named after it. A fault that every
 * other check would stumble over is shown to that check alone.
 */
const about = (check: string, name: unknown): boolean => String(name).startsWith(`${check} `);

/** Counts by a name, from 1. */
const counter = (): ((name: unknown) => number) => {
  const counts = new Map<unknown, number>();
  return (name) => {
    counts.set(name, (counts.get(name) ?? 0) + 1);
    return counts.get(name) ?? 0;
  };
};

/** The second time that an id comes it is taken for another message. */
const forgetsIds = (check: string): Bend => {
  const count = counter();
  return {
    in: (frame) =>
      about(check, frame.messageId) && count(frame.messageId) > 1
        ? { ...frame, messageId: `${frame.messageId}~` }
        : frame,
    out: (frame) =>
      typeof frame.messageId === 'string' ? { ...frame, messageId: frame.messageId.replace('~', '') } : frame,
  };
};

/** Each message that goes to a second client has another number there. */
const numbersPerConnection = (check: string): Bend => {
  const count = counter();
  return {
    out: (frame) =>
      about(check, frame.text) && count(frame.text) > 1 ? { ...frame, seq: Number(frame.seq) + 1 } : frame,
  };
};

/** Writes a frame once something else of the kind was written, or after a moment. */
const holdUntilMessage = (isHeld: (frame: Frame, link: BentLink) => boolean): Bend => ({
  out: (frame, link) => {
    const held = link.notes.get('held') as Frame | undefined;
    if (isHeld(frame, link)) {
      link.notes.set('held', frame);
      setTimeout(() => {
        if (link.notes.delete('held') && link.isOpen) link.write(frame);
      }, 20);
      return undefined;
    }
    if (held === undefined || !isApp(frame)) return frame;
    link.notes.delete('held');
    return [frame, held];
  },
});

const liveness: readonly BrokenServer[] = [
  {
    check: 'liveness/pong',
    fault: 'changes a t that is a text',
    bend: () => ({
      out: (frame) => (frame.type === 'pong' && typeof frame.t === 'string' ? { ...frame, t: 0 } : frame),
    }),
  },
  {
    check: 'liveness/pong-order',
    fault: 'answers the second of two pings first',
    bend: () => ({
      in: (frame, { notes }) => {
        if (frame.type === 'ping') notes.set('out', Number(notes.get('out') ?? 0) + 1);
        return frame;
      },
      out: (frame, { notes }) => {
        if (frame.type !== 'pong') return frame;
        const held = notes.get('held') as Frame | undefined;
        const left = Number(notes.get('out')) - 1;
        notes.set('out', left).delete('held');
        if (held !== undefined) return [frame, held];
        if (left === 0) return frame;
        notes.set('held', frame);
        return undefined;
      },
    }),
  },
  {
    check: 'liveness/proof',
    fault: 'answers pings in a proxy that may lose what came before',
    bend: () => ({
      in: (frame, link) => {
        if (!isApp(frame)) return frame;
        setTimeout(() => link.isOpen && link.forward(frame), 40);
        return undefined;
      },
    }),
  },
  {
    check: 'liveness/unknown-fields',
    fault: 'does not take a ping with a field that it does not know',
    bend: () => ({
      in: (frame) =>
        frame.type === 'ping' && Object.keys(frame).some((field) => !['type', 't'].includes(field)) ? undefined : frame,
    }),
  },
  {
    check: 'liveness/wrong-direction',
    fault: 'publishes a goaway of a client',
    bend: () => ({ in: (frame) => (frame.type === 'goaway' ? { ...frame, type: 'chat' } : frame) }),
  },
  {
    check: 'liveness/heartbeat',
    fault: 'names a heartbeat and never closes',
    bend: () => ({ out: (frame) => (frame.type === 'welcome' ? { ...frame, heartbeat: 200 } : frame) }),
    server: { heartbeat: 60_000 },
  },
];

const resume: readonly BrokenServer[] = [
  {
    check: 'resume/numbers',
    fault: 'numbers are not whole',
    bend: () => ({
      out: (frame) => (about('resume/numbers', frame.text) ? { ...frame, seq: Number(frame.seq) + 0.5 } : frame),
    }),
  },
  {
    check: 'resume/same-numbers',
    fault: 'numbers belong to the connection',
    bend: () => numbersPerConnection('resume/same-numbers'),
  },
  {
    check: 'resume/replay',
    fault: 'leaves out a message of the replay',
    bend: () => ({
      out: (frame, link) =>
        about('resume/replay', frame.text) && frame.seq === Number(lastSeqOf(link)) + 2 ? undefined : frame,
    }),
  },
  {
    check: 'resume/from-now',
    fault: 'sends old messages to who did not ask',
    bend: () => {
      const old: Frame[] = [];
      return {
        out: (frame, link) => {
          if (about('resume/from-now', frame.text) && old.length < 1) old.push(frame);
          return frame.type === 'welcome' && lastSeqOf(link) === undefined ? [frame, ...old] : frame;
        },
      };
    },
  },
  {
    check: 'resume/from-zero',
    fault: 'takes lastSeq=0 for no lastSeq',
    bend: () => ({ url: (query) => void (query.get('lastSeq') === '0' && query.delete('lastSeq')) }),
  },
  {
    check: 'resume/not-consumed',
    fault: 'keeps what is missed for one return alone',
    bend: () => {
      const count = counter();
      return {
        url: (query) => {
          if (about('resume/not-consumed', query.get('client')) && count(query.get('lastSeq')) > 1)
            query.delete('lastSeq');
        },
      };
    },
  },
  {
    check: 'resume/replay-first',
    fault: 'does not drop the overlap of replay and live messages',
    bend: () => ({
      out: (frame, link) =>
        about('resume/replay-first', frame.text) && frame.seq === Number(lastSeqOf(link)) + 25 ? [frame, frame] : frame,
    }),
  },
  {
    check: 'resume/replay-before-pong',
    fault: 'answers the first ping before the replay',
    server: { epoch: false },
    bend: () => ({
      out: (frame, link) => {
        if (!about('resume/replay-before-pong', frame.text) || lastSeqOf(link) === undefined) return frame;
        setTimeout(() => link.isOpen && link.write(frame), 40);
        return undefined;
      },
    }),
  },
  {
    check: 'resume/odd-last-seq',
    fault: 'continues from whatever the URL says',
    bend: () => ({
      out: (frame, { query }) =>
        frame.type === 'welcome' && query.has('lastSeq') && !/^\d{1,15}$/.test(query.get('lastSeq') ?? '')
          ? { ...frame, seq: Number(query.get('lastSeq')) }
          : frame,
    }),
  },
  {
    check: 'resume/told-history',
    fault: 'passes over what it has forgotten',
    bend: () => ({
      out: (frame, link) => {
        const lastSeq = lastSeqOf(link) ?? Infinity;
        const isPassedOver = Number.isSafeInteger(lastSeq) && lastSeq > 0 && Number(frame.seq) > lastSeq;
        return frame.type === 'welcome' && isPassedOver ? { ...frame, seq: lastSeq } : frame;
      },
    }),
  },
  {
    check: 'resume/takeover',
    fault: 'sends both away',
    bend: () => ({
      out: (frame, { query, close }) => {
        const isNewer = about('resume/takeover', query.get('client')) && query.get('conn') === '2';
        if (frame.type === 'welcome' && isNewer) setTimeout(() => close(4409), 20);
        return frame;
      },
    }),
  },
  {
    check: 'resume/lower-conn',
    fault: 'lets whoever comes last take over',
    bend: () => {
      const highest = new Map<string | null, number>();
      return {
        url: (query) => {
          const client = query.get('client');
          const conn = Number(query.get('conn'));
          const seen = highest.get(client) ?? 0;
          if (conn < seen) query.set('conn', String(seen + 1));
          highest.set(client, Math.max(conn, seen));
        },
      };
    },
  },
  {
    check: 'resume/takeover-waits',
    fault: 'says welcome while the older connection is at work',
    bend: () => ({
      url: (query, link) => {
        const client = query.get('client');
        if (!about('resume/takeover-waits', client) || query.get('conn') !== '2') return;
        query.delete('client');
        for (const other of link.all) {
          if (other.query.get('client') === client) other.close(4409);
        }
      },
    }),
  },
];

const epoch: readonly BrokenServer[] = [
  {
    check: 'epoch/welcome-first',
    fault: 'sends a message before welcome',
    bend: () => holdUntilMessage(({ type }, link) => type === 'welcome' && lastSeqOf(link) !== undefined),
  },
  {
    check: 'epoch/welcome-once',
    fault: 'says welcome twice',
    bend: () => ({ out: (frame) => (frame.type === 'welcome' ? [frame, frame] : frame) }),
  },
  {
    check: 'epoch/welcome-fields',
    fault: 'names a rate that is no number',
    bend: () => ({ out: (frame) => (frame.type === 'welcome' ? { ...frame, rate: 'fast' } : frame) }),
  },
  {
    check: 'epoch/head',
    fault: 'names a number below its head',
    bend: () => ({
      out: (frame, link) =>
        frame.type === 'welcome' && lastSeqOf(link) === undefined && Number(frame.seq) > 0
          ? { ...frame, seq: Number(frame.seq) - 1 }
          : frame,
    }),
  },
  {
    check: 'epoch/continue',
    fault: 'names the number after the one that it continues from',
    bend: () => ({
      out: (frame, link) =>
        frame.type === 'welcome' && frame.seq === lastSeqOf(link) ? { ...frame, seq: Number(frame.seq) + 1 } : frame,
    }),
  },
  {
    check: 'epoch/recovered',
    fault: 'miscounts the replay',
    bend: () => ({
      out: ({ recovered, ...frame }) =>
        typeof recovered === 'number' ? ({ ...frame, recovered: recovered + 1 } as Frame) : (frame as Frame),
    }),
  },
  {
    check: 'epoch/same-epoch',
    fault: 'begins a new epoch with every connection',
    bend: () => {
      const isMeant = (query: URLSearchParams): boolean => about('epoch/same-epoch', query.get('client'));
      const count = counter();
      return {
        url: (query) => void (query.has('epoch') && query.set('epoch', (query.get('epoch') ?? '').replace(/~.*/, ''))),
        out: (frame, { query }) =>
          frame.type === 'welcome' && isMeant(query) ? { ...frame, epoch: `${frame.epoch}~${count('epoch')}` } : frame,
      };
    },
  },
  {
    check: 'epoch/other-epoch',
    fault: 'does not look at the epoch of lastSeq',
    bend: () => {
      let current = '';
      return {
        url: (query) => void (query.has('epoch') && query.set('epoch', current)),
        out: (frame) => {
          if (frame.type === 'welcome') current = String(frame.epoch);
          return frame;
        },
      };
    },
  },
  {
    check: 'epoch/above-head',
    fault: 'goes on in the old epoch when its numbers went back',
    bend: () => {
      let head = 0;
      let current = '';
      return {
        url: (query) => {
          if (query.get('epoch') === current && Number(query.get('lastSeq')) > head) query.set('lastSeq', String(head));
        },
        out: (frame) => {
          if (frame.type === 'welcome') current = String(frame.epoch);
          if (frame.channel === undefined) head = Math.max(head, Number(frame.seq ?? 0));
          return frame;
        },
      };
    },
  },
  {
    check: 'epoch/above-head-bare',
    fault: 'says reset without a reason',
    bend: () => ({ out: (frame) => (frame.type === 'reset' ? { ...frame, reason: undefined } : frame) }),
  },
];

const channels: readonly BrokenServer[] = [
  {
    check: 'channels/ref',
    fault: 'answers with a ref of its own',
    bend: () => ({
      out: (frame) => (frame.type === 'subscribed' && frame.channel ? { ...frame, ref: Number(frame.ref) + 1 } : frame),
    }),
  },
  {
    check: 'channels/one-answer',
    fault: 'answers a subscribe twice',
    bend: () => ({ out: (frame) => (frame.type === 'subscribed' && frame.channel ? [frame, frame] : frame) }),
  },
  {
    check: 'channels/subscribed-fields',
    fault: 'promises contiguous numbers with a text',
    bend: () => ({ out: (frame) => (frame.type === 'subscribed' ? { ...frame, contiguous: 'yes' } : frame) }),
  },
  {
    check: 'channels/only-who-asked',
    fault: 'sends the messages of a channel to everybody',
    bend: () => ({
      out: (frame, link) => {
        if (about('channels/only-who-asked', frame.text)) {
          for (const other of link.all) if (other !== link) other.write(frame);
        }
        return frame;
      },
    }),
  },
  {
    check: 'channels/unsubscribe',
    fault: 'does not take unsubscribe',
    bend: () => ({ in: (frame) => (frame.type === 'unsubscribe' ? undefined : frame) }),
  },
  {
    check: 'channels/subscribe-again',
    fault: 'serves a channel twice that was subscribed twice',
    bend: () => ({
      in: (frame, { notes }) => {
        if (frame.type === 'subscribe')
          notes.set(String(frame.channel), Number(notes.get(String(frame.channel)) ?? 0) + 1);
        return frame;
      },
      out: (frame, { notes }) =>
        isApp(frame) && Number(notes.get(String(frame.channel))) > 1 ? [frame, frame] : frame,
    }),
  },
  {
    check: 'channels/names',
    fault: 'knows no channel __proto__',
    bend: () => ({ in: (frame) => (frame.channel === '__proto__' ? undefined : frame) }),
  },
  {
    check: 'channels/refused',
    fault: 'refuses without a code',
    bend: () => ({
      out: (frame) => (frame.type === 'unsubscribed' && frame.ref ? { ...frame, code: undefined } : frame),
    }),
  },
  {
    check: 'channels/revoked',
    fault: 'takes a channel away without words',
    bend: () => ({
      out: (frame) => (frame.type === 'unsubscribed' && !frame.ref ? { ...frame, message: undefined } : frame),
    }),
  },
  {
    check: 'channels/default-stream',
    fault: 'answers for the default stream without its ref',
    bend: () => ({
      out: (frame) => (frame.type === 'subscribed' && !frame.channel ? { ...frame, ref: undefined } : frame),
    }),
  },
];

const streams: readonly BrokenServer[] = [
  {
    check: 'channels/own-numbers',
    fault: 'numbers a channel for each connection',
    bend: () => numbersPerConnection('channels/own-numbers'),
  },
  {
    check: 'channels/channel-replay',
    fault: 'leaves out a message of the replay',
    bend: () => {
      const count = counter();
      return {
        out: (frame) =>
          about('channels/channel-replay', frame.text) && count(frame.text) > 1 && frame.seq === 3 ? undefined : frame,
      };
    },
  },
  {
    check: 'channels/subscribed-first',
    fault: 'sends the replay before subscribed',
    bend: () => holdUntilMessage(({ type, channel, recovered }) => type === 'subscribed' && !!channel && !!recovered),
  },
  {
    check: 'channels/channel-continue',
    fault: 'names the number after the one that it continues from',
    bend: () => ({
      out: (frame) =>
        frame.type === 'subscribed' && frame.recovered && frame.seq ? { ...frame, seq: Number(frame.seq) + 1 } : frame,
    }),
  },
  {
    check: 'channels/channel-head',
    fault: 'names a number below the head of the channel',
    bend: () => ({
      out: (frame) =>
        frame.type === 'subscribed' && frame.recovered === undefined && Number(frame.seq) > 0
          ? { ...frame, seq: Number(frame.seq) - 1 }
          : frame,
    }),
  },
  {
    check: 'channels/channel-from-now',
    fault: 'sends all of a channel to who did not ask',
    bend: () => ({
      in: (frame) =>
        frame.type === 'subscribe' && about('channels/channel-from-now', frame.channel)
          ? { ...frame, lastSeq: 0 }
          : frame,
    }),
  },
  {
    check: 'channels/channel-replay-first',
    fault: 'does not drop the overlap of replay and live messages',
    bend: () => {
      const count = counter();
      return {
        out: (frame) =>
          about('channels/channel-replay-first', frame.text) && frame.seq === 30 && count(frame.text) === 2
            ? [frame, frame]
            : frame,
      };
    },
  },
  {
    check: 'channels/channel-other-epoch',
    fault: 'does not look at the epoch of lastSeq',
    bend: () => {
      const current = new Map<unknown, unknown>();
      return {
        in: (frame) =>
          frame.type === 'subscribe' && frame.epoch && frame.channel
            ? { ...frame, epoch: current.get(frame.channel) }
            : frame,
        out: (frame) => {
          if (frame.type === 'subscribed') current.set(frame.channel, frame.epoch);
          return frame;
        },
      };
    },
  },
  {
    check: 'channels/channel-above-head',
    fault: 'goes on in the old epoch when its numbers went back',
    bend: () => ({
      in: (frame) => (frame.type === 'subscribe' && Number(frame.lastSeq) > 1_000 ? { ...frame, lastSeq: 1 } : frame),
    }),
  },
];

const acks: readonly BrokenServer[] = [
  {
    check: 'acks/ack',
    fault: 'acks an id that nobody sent',
    bend: () => ({
      out: (frame) => (about('acks/ack', frame.messageId) ? { ...frame, messageId: 'another' } : frame),
    }),
  },
  {
    check: 'acks/each-its-own',
    fault: 'acks twice',
    bend: () => ({ out: (frame) => (about('acks/each-its-own', frame.messageId) ? [frame, frame] : frame) }),
  },
  {
    check: 'acks/no-id',
    fault: 'acks what has no id',
    bend: () => ({
      in: (frame, { write }) => {
        if (frame.type === 'chat' && frame.messageId === undefined) write({ type: 'ack', messageId: 'none' });
        return frame;
      },
    }),
  },
  {
    check: 'acks/done',
    fault: 'acks what it has not stored',
    bend: () => ({
      in: ({ messageId, ...frame }, link) => {
        if (!about('acks/done', messageId)) return { ...frame, messageId } as Frame;
        link.write({ type: 'ack', messageId });
        setTimeout(() => link.isOpen && link.forward(frame as Frame), 40);
        return undefined;
      },
    }),
  },
  {
    check: 'acks/answered-again',
    fault: 'says nothing to an id that comes again',
    bend: () => {
      const count = counter();
      return {
        out: (frame) =>
          about('acks/answered-again', frame.messageId) && count(frame.messageId) > 1 ? undefined : frame,
      };
    },
  },
  {
    check: 'acks/nack',
    fault: 'refuses without words',
    bend: () => ({ out: (frame) => (frame.type === 'nack' ? { ...frame, message: undefined } : frame) }),
  },
];

const idempotency: readonly BrokenServer[] = [
  {
    check: 'idempotency/ids',
    fault: 'names ids that are not whole ms',
    bend: () => ({ out: (frame) => (frame.type === 'welcome' ? { ...frame, ids: 1.5 } : frame) }),
  },
  {
    check: 'idempotency/same-connection',
    fault: 'forgets ids',
    bend: () => forgetsIds('idempotency/same-connection'),
  },
  {
    check: 'idempotency/other-connection',
    fault: 'forgets ids when the connection ends',
    bend: () => forgetsIds('idempotency/other-connection'),
  },
  {
    check: 'idempotency/same-answer',
    fault: 'remembers ids without their answers',
    bend: () => {
      const count = counter();
      return {
        out: (frame) =>
          about('idempotency/same-answer', frame.messageId) && count(frame.messageId) > 1
            ? { ...frame, data: undefined }
            : frame,
      };
    },
  },
  {
    check: 'idempotency/while-running',
    fault: 'remembers an id only when its work is done',
    bend: () => forgetsIds('idempotency/while-running'),
  },
  {
    check: 'idempotency/principals',
    fault: 'keeps the ids of all in one place',
    bend: () => {
      const count = counter();
      return {
        in: (frame, { write }) => {
          if (!about('idempotency/principals', frame.messageId) || count(frame.messageId) === 1) return frame;
          write({ type: 'ack', messageId: frame.messageId });
          return undefined;
        },
      };
    },
  },
  {
    check: 'idempotency/retry-forgotten',
    fault: 'remembers a nack with retry',
    bend: () => {
      const nacks = new Map<unknown, Frame>();
      return {
        in: (frame, { write }) => {
          const nack = nacks.get(frame.messageId);
          if (nack !== undefined) write(nack);
          return nack === undefined ? frame : undefined;
        },
        out: (frame) => {
          if (frame.type === 'nack' && frame.retry) nacks.set(frame.messageId, frame);
          return frame;
        },
      };
    },
  },
];

const auth: readonly BrokenServer[] = [
  {
    check: 'auth/refused',
    fault: 'says 4403 to a token that may be refreshed',
    bend: () => ({ close: (code) => (code === 4401 ? 4403 : code) }),
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

const goaway: readonly BrokenServer[] = [
  {
    check: 'goaway/goaway',
    fault: 'names a window that is no number',
    bend: () => ({ out: (frame) => (frame.type === 'goaway' ? { ...frame, within: String(frame.within) } : frame) }),
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

/** One for each check. */
export const brokenServers: readonly BrokenServer[] = [
  ...liveness,
  ...resume,
  ...epoch,
  ...channels,
  ...streams,
  ...acks,
  ...idempotency,
  ...auth,
  ...goaway,
];
