/**
 * Half of a surrogate pair becomes U+FFFD, as the WHATWG standards do it. `encodeURIComponent` alone throws for one, and an
 * epoch comes from the server.
 */
const encode = (text: string | number): string => encodeURIComponent(`${text}`.replace(/[\ud800-\udfff]/gu, '\ufffd'));

/**
 * Adds query parameters by hand: `URL.searchParams` is missing in React Native. A fragment is dropped, for a WebSocket
 * URL must not have one (RFC 6455 section 3).
 */
export const withParams = (url: string, params: Record<string, string | number | undefined>): string => {
  let result = url.replace(/#.*/s, '');
  for (const [name, value] of Object.entries(params)) {
    if (value !== undefined) result += `${result.includes('?') ? '&' : '?'}${encode(name)}=${encode(value)}`;
  }
  return result;
};

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Base64url of the UTF-8 bytes, without padding (RFC 4648 section 5): fits into a subprotocol (RFC 6455 section 4.1). */
export const base64url = (text: string): string => {
  let bits = '';
  for (const byte of encode(text).match(/%..|./g) ?? []) {
    bits += (byte[1] ? Number.parseInt(byte.slice(1), 16) : byte.charCodeAt(0)).toString(2).padStart(8, '0');
  }
  return bits.replace(/.{1,6}/g, (six) => ALPHABET.charAt(Number.parseInt(six.padEnd(6, '0'), 2)));
};
