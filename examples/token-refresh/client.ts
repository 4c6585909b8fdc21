import { type AnyMessage, ReliableSocket, type ReliableSocketOptions, type TokenReason } from 'reliable-socket';

type Options = Pick<ReliableSocketOptions<AnyMessage, AnyMessage>, 'WebSocket' | 'backoff'>;

/** @param base Of the server, for example `https://example.com`. @param asked Hears why each token is asked for. */
export function connectWithToken(
  base: string,
  options: Options = {},
  asked: (reason: TokenReason) => void = () => {},
): ReliableSocket {
  return new ReliableSocket(new URL('live', base), {
    ...options,
    // Asked once for everybody who waits, before the token expires and after it was refused. What it throws is an
    // ordinary failed attempt: it is asked again after the backoff.
    token: async ({ reason, signal }) => {
      asked(reason);
      const response = await fetch(new URL('token', base), { method: 'POST', signal: signal ?? null });
      if (!response.ok) throw new Error(`no token: ${response.status}`);
      const { token, expiresIn }: { token: string; expiresIn: number } = await response.json();
      return { token, expiresIn };
    },
    // Not in the url, where proxies would log it; and it can be replaced on the live link.
    auth: { via: 'message' },
  });
}
