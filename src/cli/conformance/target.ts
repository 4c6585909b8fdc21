/** Where the token goes, as the client's option `auth.via`. */
export type AuthVia = 'query' | 'subprotocol' | 'message';

/** Where the cursor of the default stream goes, as the client's option `resume.via`. */
export type ResumeVia = 'url' | 'message';

/** The server that is checked, and how. Times in ms. */
export interface Target {
  readonly url: string;
  /** Sent with each connection, if the server lets nobody in without. */
  readonly token?: string;
  /** A token of another principal. @default 'bob' */
  readonly otherToken?: string;
  /** A token that is answered with 4403. @default 'banned' */
  readonly bannedToken?: string;
  /** @default 'query' */
  readonly auth?: AuthVia;
  /** @default 'url' */
  readonly resume?: ResumeVia;
  /** The longest wait for anything. @default 2_000 */
  readonly timeout?: number;
  /** How long is waited for what must not come. @default a twentieth of `timeout` */
  readonly calm?: number;
}

/** What one connection asks for, and as whom. */
export interface Asked {
  readonly lastSeq?: number | string;
  readonly epoch?: string | undefined;
  readonly client?: string;
  readonly conn?: number;
  /** Another token than the target's; null for none. */
  readonly token?: string | null;
  readonly auth?: AuthVia;
}

/** The frame that asks for the default stream where the URL does not (PROTOCOL.md 5.6). */
export function beginningOf({ lastSeq, epoch, client, conn }: Asked): object {
  const isNumber = typeof lastSeq === 'string' && lastSeq !== '' && !Number.isNaN(Number(lastSeq));
  return { type: 'subscribe', ref: 0, lastSeq: isNumber ? Number(lastSeq) : lastSeq, epoch, client, conn };
}

/** The URL of a connection: the parameters that are there stay. */
export function urlOf(base: string, asked: Asked, token: string | undefined): string {
  const url = new URL(base);
  const { lastSeq, epoch, client, conn } = asked;
  const parameters = { lastSeq, epoch, client, conn, token };
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  return url.href;
}

/** The subprotocols that carry a token (PROTOCOL.md 6.7). */
export function protocolsOf(token: string): string[] {
  return ['reliable-socket', `auth.${Buffer.from(token).toString('base64url')}`];
}

/** The tokens that were given, in each form in which they go over the wire. */
export function secretsOf({ token, otherToken, bannedToken }: Target): string[] {
  return [token, otherToken, bannedToken].flatMap((one) =>
    one ? [one, encodeURIComponent(one), ...protocolsOf(one).slice(1)] : [],
  );
}
