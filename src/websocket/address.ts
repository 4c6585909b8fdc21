import { domException } from './dom-exception.js';

const bad = (what: string): Error => domException('SyntaxError', `WebSocket: ${what}`);

/**
 * A url as a WebSocket takes it: relative to the page or worker, http as ws. WHATWG WebSockets, constructor steps 1 to 7.
 *
 * @throws DOMException `SyntaxError`; what it shows ends before the query, which may hold a token
 */
export const resolveUrl = (url: unknown): string => {
  const given = `${url}`;
  let href = given;
  try {
    // Engines without `URL` exist; there the socket itself is the judge.
    if (globalThis.URL) href = new URL(given, globalThis.document?.baseURI ?? globalThis.location?.href).href;
  } catch {
    href = '';
  }
  href = href.replace(/^http/i, 'ws');
  if (/^wss?:[^#]*$/i.test(href)) return href;
  const shown = given.replace(/\?.*$/s, '?...');
  throw bad(`the url is "${shown}", wanted ws, wss, http or https, no fragment`);
};

/** A token of RFC 2616 section 2.2, as RFC 6455 section 4.1 wants a subprotocol to be. */
const TOKEN = /^[!#$%&'*+.^_`|~\w-]+$/;

/**
 * Subprotocols as a list: a text, or anything that iterates over texts.
 *
 * @throws DOMException `SyntaxError` for one that is no token or comes twice
 */
export const resolveProtocols = (protocols: unknown): string[] => {
  // Safe: an object that iterates, as WebIDL tells a sequence from a text; one with the method undefined or null does not.
  const isList = Object(protocols) === protocols && (protocols as Partial<Iterable<unknown>>)[Symbol.iterator] != null;
  const list = isList ? (protocols as Iterable<unknown>) : protocols === undefined ? [] : [protocols];
  const names = Array.from(list, (one) => `${one}`);
  names.forEach((name, i) => {
    if (TOKEN.test(name) && names.indexOf(name) === i) return;
    throw bad(`the subprotocol is "${name}", wanted a token that comes once`);
  });
  return names;
};
