import type { InboundFrame, OutboundFrame, Protocol } from '../protocol/frames.js';
import type { Deadlines } from './deadlines.js';
import type { Dialer } from './dialer.js';
import { createHeartbeat, type Heartbeat, type HeartbeatOptions } from './heartbeat.js';
import { createInbound, type Inbound, type InboundOptions } from './inbound.js';
import type { CloseInfo, CoreErrorCode, LossCause, Turn } from './io.js';
import { createOutbound, type Outbound, type OutboundOptions } from './outbound.js';

export interface TrafficOptions extends InboundOptions {
  readonly connectTimeout: number;
  readonly auth: { readonly via: 'query' | 'subprotocol' | 'message' };
  readonly heartbeat: HeartbeatOptions | false;
  readonly queue: OutboundOptions;
  readonly protocol: Protocol;
}

/** What is said on a connection, from the handshake to its end: control frames, messages, proofs. */
export interface Traffic {
  readonly inbound: Inbound;
  readonly outbound: Outbound;
  readonly heartbeat: Heartbeat;
  /** This server says `welcome`, so what is resent waits for its terms. */
  welcomed: boolean | undefined;
  /** For `stats()`: what the last `welcome` said it replayed. */
  recovered(): number | undefined;
  /** The WebSocket is open. */
  handshaken(): void;
  frame(frame: { readonly data: unknown }): void;
  writeAuth(): void;
  /** Messages may go: the welcome came, or is not waited for. */
  startWriting(): void;
  /** Asks for a proof that the link lives, and says how long to wait for one (ms; Infinity only asks). */
  ping(patience: number): void;
  /**
   * Sets when the streams have to be tended: those that wait for something have waited long enough, or it is time to
   * subscribe again. With `ask` a pong has to judge them; one does for all.
   */
  watchStreams(ask?: boolean): void;
  /** The streams that have waited long enough go on without an answer; what was refused for a time is asked for again. */
  tendStreams(): void;
  beat(): void;
  /** The present attempt or connection is over; the caller says what comes next. */
  lose(info: CloseInfo, cause: LossCause): void;
  /** We leave: the socket is let go at once, for a dead link would not answer for a minute. */
  drop(cause: LossCause): void;
}

const PROTOCOL_VERSION = 1;
/** New messages wait when a planned restart is nearer than this. */
const GOAWAY_NEAR = 1_000;
const GOAWAY_MOST = 600_000;
/** A wait for a pong ends after this where there is no heartbeat to say when. */
const JUDGE_AFTER = 10_000;
/** The patience of a probe after a wake: shorter than the ordinary one, long enough for a slow network. */
export const PROBE_TIMEOUT = 3_000;
/** What a connection is said to have ended with when nobody said anything (RFC 6455 section 7.1.5). */
export const UNTOLD: CloseInfo = { code: 1006, reason: '', wasClean: false };

export const createTraffic = (turn: Turn, options: TrafficOptions, dialer: Dialer, deadlines: Deadlines): Traffic => {
  const { auth, clientId, protocol } = options;
  const { tell } = turn;
  const { token } = dialer;
  const authId = `${clientId}-auth`;
  const patience = options.heartbeat ? options.heartbeat.timeout : JUDGE_AFTER;
  let recovered: number | undefined;
  let heardPeer = false;
  let writing = false;

  const fail = (code: CoreErrorCode, text: string, cause?: unknown): void => tell({ do: 'error', code, text, cause });
  const write = (frame: OutboundFrame): void => {
    try {
      tell({ do: 'write', data: protocol.encode(frame) });
    } catch (cause) {
      fail('bad-frame', `encode: got "${frame.kind}", wanted a frame of the protocol`, cause);
    }
  };
  const heartbeat = createHeartbeat(turn, options.heartbeat, protocol.literalPing);
  const inbound = createInbound(turn, options, write);
  const outbound = createOutbound(turn, options.queue, heartbeat.wrote);

  const open = (): void => {
    dialer.opened(inbound.resumes());
    writing = false;
    traffic.watchStreams(inbound.open(dialer.conn));
    if (traffic.welcomed) deadlines.set('welcome', turn.now + options.connectTimeout);
    else traffic.startWriting();
  };

  const tokenNacked = (reason = 'nack'): void => {
    if (dialer.at('open') && token.refused()) return dialer.seekToken();
    traffic.drop('token');
    dialer.follow('refresh-token', { ...UNTOLD, code: 4401, reason }, Infinity);
  };

  const frames: {
    readonly [K in InboundFrame['kind']]: (frame: Extract<InboundFrame, { kind: K }>) => void;
  } = {
    message: inbound.message,
    ping: ({ t }) => write({ kind: 'pong', t }),
    pong({ t }) {
      const mark = heartbeat.pong(t);
      if (mark === undefined) return;
      inbound.judge();
      outbound.proven(mark);
    },
    welcome(frame) {
      const { v = PROTOCOL_VERSION, heartbeat: silence, ids, rate } = frame;
      traffic.welcomed = true;
      recovered = frame.recovered;
      if (v !== PROTOCOL_VERSION) fail('protocol-version', `welcome: version is ${v}, wanted ${PROTOCOL_VERSION}`);
      if (silence) heartbeat.serverCloses(silence);
      outbound.terms(ids, rate);
      if (dialer.at('auth')) open();
      inbound.welcome(frame);
      traffic.startWriting();
    },
    subscribed(frame) {
      traffic.watchStreams(inbound.subscribed(frame));
    },
    unsubscribed(frame) {
      inbound.unsubscribed(frame);
      traffic.watchStreams();
    },
    reset: inbound.reset,
    ack(frame) {
      if (frame.messageId === authId) token.accepted();
      else outbound.acked(frame);
    },
    nack(frame) {
      if (frame.messageId === authId) tokenNacked(frame.message);
      else outbound.nacked(frame);
    },
    goaway({ retryAfter, within }) {
      const asked = (retryAfter ?? 0) + turn.random() * (within ?? 0);
      const isPlanned = (retryAfter ?? within) !== undefined;
      // The first time the server's word holds; one that sends us away again and again meets the backoff.
      const delay = isPlanned && dialer.isFresh() ? asked : Math.max(asked, dialer.delay());
      // Of several the earliest: what waits because a restart is near must not wait for a later one.
      const at = Math.min(deadlines.get('goaway'), turn.now + Math.min(delay, GOAWAY_MOST));
      deadlines.set('goaway', at);
      if (at - turn.now > GOAWAY_NEAR) deadlines.set('hold', at - GOAWAY_NEAR);
      else outbound.hold();
    },
  };

  const traffic: Traffic = {
    welcomed: false,
    inbound,
    outbound,
    heartbeat,
    recovered: () => recovered,
    handshaken() {
      if (!dialer.at('handshake')) return;
      heardPeer = false;
      heartbeat.start();
      if (auth.via !== 'message' || token.value() === undefined) return open();
      dialer.step = 'auth';
      traffic.writeAuth();
    },
    frame({ data }) {
      if (!dialer.at('auth open')) return;
      if (heartbeat.heard()) dialer.wake('late');
      heardPeer = true;
      let frame: InboundFrame;
      try {
        frame = protocol.decode(data);
      } catch (cause) {
        return fail('bad-frame', `read: got ${String(data).slice(0, 80)}, wanted a frame of the protocol`, cause);
      }
      // Safe: each handler takes the frames of its own kind.
      (frames[frame.kind] as ((frame: InboundFrame) => void) | undefined)?.(frame);
    },
    writeAuth: () => write({ kind: 'auth', token: token.value() ?? '', messageId: authId }),
    startWriting() {
      // What is new waits for the next connection if this one ends soon.
      if (writing || deadlines.get('goaway') - turn.now <= GOAWAY_NEAR) return;
      writing = true;
      deadlines.clear('welcome');
      outbound.open();
    },
    ping(within) {
      if (options.heartbeat && dialer.at('open')) write({ kind: 'ping', t: heartbeat.ping(outbound.mark(), within) });
    },
    watchStreams(ask) {
      if (!dialer.at('open')) return;
      if (ask && !heartbeat.asks()) traffic.ping(patience);
      deadlines.set('streams', Math.min(inbound.resubscribeAt(), inbound.waitsSince() + patience));
    },
    tendStreams() {
      inbound.judge(turn.now - patience);
      inbound.resubscribe();
      traffic.watchStreams();
    },
    beat() {
      const beat = heartbeat.check();
      if (beat === 'ping') return traffic.ping(patience);
      if (beat === 'probe') {
        dialer.wake('late');
        return traffic.ping(Math.min(patience, PROBE_TIMEOUT));
      }
      if (!beat) return;
      if (heartbeat.gaveUp()) {
        fail('heartbeat-unanswered', 'no ping was answered, wanted a pong or heartbeat: false');
      }
      const plannedAt = deadlines.get('goaway');
      traffic.drop('heartbeat');
      dialer.follow('retry', UNTOLD, plannedAt, 'heartbeat');
    },
    lose(info, cause) {
      const wasOpen = dialer.at('open');
      if (cause === 'peer' && dialer.at('handshake')) token.neverOpened();
      dialer.step = 'none';
      deadlines.clear('connect', 'stable', 'heartbeat', 'streams', 'welcome', 'goaway', 'hold', 'errored', 'closing');
      if (!wasOpen) return;
      tell({ do: 'close-event', info, cause });
      inbound.linkLost();
      outbound.linkLost({
        byHealthyPeer: cause === 'peer' && (heardPeer || info.code !== UNTOLD.code),
        code: info.code,
      });
    },
    drop(cause) {
      if (dialer.at('token')) dialer.abortToken();
      tell({ do: 'abandon', dead: cause === 'heartbeat' || cause === 'peer' });
      traffic.lose(UNTOLD, cause);
    },
  };
  return traffic;
};
