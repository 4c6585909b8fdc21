const encode = encodeURIComponent;

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
  let result = '';
  let bits = 0;
  let held = 0;
  for (const byte of encode(text).match(/%..|./g) ?? []) {
    // What is written already is shifted out at the top in time.
    held = (held << 8) | (byte[1] ? Number.parseInt(byte.slice(1), 16) : byte.charCodeAt(0));
    for (bits += 8; bits >= 6; bits -= 6) result += ALPHABET[(held >> (bits - 6)) & 63];
  }
  return bits ? result + ALPHABET[(held << (6 - bits)) & 63] : result;
};
