import type { ResolvedOptions } from './options.js';
import type { Hello } from './session/io.js';
import type { Upgrade } from './transport.js';

const AUTH_PREFIX = 'auth.';

/** The number in a query, if it is one that a client may send. */
const toSeq = (text: string | null): number | undefined => {
  const number = text === null || text.trim() === '' ? Number.NaN : Number(text);
  return Number.isSafeInteger(number) && number >= 0 ? number : undefined;
};

/** What is no base64url stays as it is: a wrong token is not the same as none. */
const fromBase64Url = (text: string): string => {
  try {
    const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
    return new TextDecoder().decode(Uint8Array.from(binary, (char) => char.charCodeAt(0)));
  } catch {
    return text;
  }
};

const tokenOf = (upgrade: Upgrade, query: URLSearchParams, { via, param }: ResolvedOptions['auth']) => {
  if (via === 'message') return undefined;
  const inQuery = query.get(param);
  if (inQuery !== null) return inQuery;
  const offered =
    upgrade
      .header('sec-websocket-protocol')
      ?.split(',')
      .map((name) => name.trim()) ?? [];
  const name = offered.find((one) => one.startsWith(AUTH_PREFIX));
  return name && fromBase64Url(name.slice(AUTH_PREFIX.length));
};

/** Reads what the client says of itself in the upgrade. */
export const readHello = (upgrade: Upgrade, { auth, resume }: ResolvedOptions): Hello => {
  const { url } = upgrade;
  const query = new URLSearchParams(url.includes('?') ? url.slice(url.indexOf('?')) : '');
  const seq = toSeq(query.get(resume.param));
  return {
    client: query.get('client') ?? undefined,
    conn: toSeq(query.get('conn')) ?? 0,
    cursor: seq === undefined ? undefined : { seq, epoch: query.get('epoch') ?? undefined },
    token: tokenOf(upgrade, query, auth),
  };
};
