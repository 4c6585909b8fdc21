/** Where the token goes, as the client's option `auth.via`. */
export type AuthVia = 'query' | 'subprotocol' | 'message';

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
  /** The longest wait for anything. @default 2_000 */
  readonly timeout?: number;
  /** How long is waited for what must not come. @default a twentieth of `timeout` */
  readonly calm?: number;
}

/** What one connection asks for in its URL, and as whom. */
export interface Asked {
  readonly lastSeq?: number | string;
  readonly epoch?: string | undefined;
  readonly client?: string;
  readonly conn?: number;
  /** Another token than the target's; null for none. */
  readonly token?: string | null;
  readonly auth?: AuthVia;
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
