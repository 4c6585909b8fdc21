import type { ClientFrame } from '../../protocol/server-frames.js';
import { CloseCode } from '../errors.js';
import type { SessionOptions, TokenVerdict } from './io.js';
import { isName } from './names.js';
import type { Outlet } from './outlet.js';
import type { Turn } from './turn.js';

/** What follows for the connection: the client comes in, or it is closed, or nothing changes. */
export type Outcome = 'admitted' | { readonly code: number; readonly reason: string } | undefined;

const TRY_LATER = { code: CloseCode.tryLater, reason: 'try again later' };
const NO_TOKEN = { code: CloseCode.unauthorized, reason: 'no token came in time' };
const REFUSED = { code: CloseCode.unauthorized, reason: 'token refused' };
const EXPIRED = { code: CloseCode.unauthorized, reason: 'the token has expired' };
const ANOTHER = { code: CloseCode.unauthorized, reason: 'the token is of somebody else' };
const FORBIDDEN = { code: CloseCode.forbidden, reason: 'forbidden' };

type Auth = Extract<ClientFrame, { readonly kind: 'auth' }>;

/** Whether the client may come in, and for how long it may stay. */
export class Admission {
  readonly #turn: Turn;
  readonly #outlet: Outlet;
  readonly #options: SessionOptions;
  #isIn = false;
  #isJudging = false;
  #showBy: number;
  #principal: string | undefined;
  #endsAt = Infinity;
  /** The id of the `auth` frame that is being judged. */
  #messageId: string | undefined;
  /** The newest `auth` frame that came meanwhile. */
  #newer: Auth | undefined;

  constructor(turn: Turn, outlet: Outlet, options: SessionOptions) {
    this.#turn = turn;
    this.#outlet = outlet;
    this.#options = options;
    this.#showBy = turn.now + options.limits.unauthenticated;
  }

  /** True while a token is being judged. */
  get isJudging(): boolean {
    return this.#isJudging;
  }

  get due(): number {
    return Math.min(this.#showBy, this.#endsAt);
  }

  /** The upgrade came. */
  opened(token: string | undefined): Outcome {
    if (this.#options.authByMessage) return undefined;
    if (!this.#options.guarded) return this.#admit();
    return this.#judge(token);
  }

  /** An `auth` frame came: the first, or one of a client that is in. One at a time is judged, then the newest. */
  auth(frame: Auth): Outcome {
    if (this.#isJudging) {
      this.#newer = frame;
      return undefined;
    }
    const { token, messageId } = frame;
    this.#messageId = isName(messageId, this.#options.limits) ? messageId : undefined;
    if (this.#options.guarded) return this.#judge(token);
    return this.#isIn ? this.#ack() : this.#admit();
  }

  judged(verdict: TokenVerdict): Outcome {
    this.#isJudging = false;
    const newer = this.#newer;
    this.#newer = undefined;
    return this.#rule(verdict) ?? (newer && this.auth(newer));
  }

  check(): Outcome {
    const { now } = this.#turn;
    // Our own hook may be the slow one.
    if (now >= this.#showBy) return this.#isJudging ? TRY_LATER : NO_TOKEN;
    return now >= this.#endsAt ? EXPIRED : undefined;
  }

  #rule(verdict: TokenVerdict): Outcome {
    if (verdict === 'failed') return TRY_LATER;
    if (verdict === 'forbidden') return FORBIDDEN;
    if (verdict === 'unauthorized') return this.#refuse();
    if (this.#isIn && verdict.principal !== this.#principal) return ANOTHER;
    this.#principal = verdict.principal;
    this.#endsAt = verdict.expiresAt ?? Infinity;
    // Also for what is no number.
    if (!(this.#endsAt > this.#turn.now)) return EXPIRED;
    return this.#isIn ? this.#ack() : this.#admit();
  }

  #judge(token: string | undefined): Outcome {
    this.#isJudging = true;
    this.#turn.tell({ do: 'authenticate', token });
    return undefined;
  }

  /** From here on the client waits for us. */
  #admit(): Outcome {
    this.#isIn = true;
    this.#showBy = Infinity;
    return 'admitted';
  }

  #ack(): Outcome {
    if (this.#messageId !== undefined) this.#outlet.frame({ kind: 'ack', messageId: this.#messageId });
    return undefined;
  }

  /** A client that is in stays for as long as its last token allows, if its `auth` has an id to refuse. */
  #refuse(): Outcome {
    const messageId = this.#messageId;
    if (!this.#isIn || messageId === undefined) return REFUSED;
    this.#outlet.frame({ kind: 'nack', messageId, code: 'unauthorized', message: REFUSED.reason });
    return undefined;
  }
}
