import { byteLength } from '../environment.js';
import { domException } from './dom-exception.js';
import type { Data } from './message-queue.js';

/** A text without half characters (WebIDL `USVString`). */
const toWellFormed = (value: unknown): string => `${value}`.replace(/\p{Surrogate}/gu, '\uFFFD');

/** Bytes that a message has on the wire, without its frame. */
export const sizeOf = (data: Data): number => (data as Partial<Blob>).size ?? byteLength(data);

/** What `send()` was given, in a form that can wait: bytes are copied, since the caller may change them. */
export const toData = (data: unknown): Data => {
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
  const kind = Object.prototype.toString.call(data);
  // Safe: its tag says so; `instanceof` would not know those of another frame. All three have `slice`.
  if (/ (ArrayB|Blob|File)/.test(kind)) return (data as ArrayBuffer | Blob).slice(0);
  return toWellFormed(data);
};

/**
 * WebIDL `[Clamp] unsigned short`: to the nearest, and halves to the even one, as adding 2^52 leaves no room for halves.
 * Safe: `+` throws for what is no number and can not become one, a BigInt among them, which `Number()` would take.
 */
const toUnsignedShort = (value: unknown): number =>
  Math.min(Math.max(+(value as number) || 0, 0), 65_535) + 2 ** 52 - 2 ** 52;

/**
 * Checks what a page may close with. WHATWG WebSockets, `close(code, reason)` steps 1 and 2.
 *
 * @throws DOMException `InvalidAccessError` for the code, `SyntaxError` for a reason over 123 bytes
 */
export const closeArguments = (code: unknown, reason: unknown): [code: number | undefined, reason: string] => {
  const given = code === undefined ? code : toUnsignedShort(code);
  const text = reason === undefined ? '' : toWellFormed(reason);
  // Only a close frame with a code can have a reason.
  const number = given ?? (text ? 1000 : undefined);
  if (number !== undefined && (number < 3000 ? number !== 1000 : number > 4999)) {
    throw domException('InvalidAccessError', `close: the code is ${number}, wanted 1000 or 3000 to 4999`);
  }
  const bytes = byteLength(text);
  if (bytes > 123) throw domException('SyntaxError', `close: the reason has ${bytes} bytes, wanted at most 123`);
  return [number, text];
};
