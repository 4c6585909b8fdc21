import { ReliableSocketError } from '../errors.js';
import type { Fault } from './words.js';

// Errors lose their class on the way to another tab. So they travel as what they say; their cause stays behind.

/** What the application throws has no code. */
export const toFault = ({ code = 'rejected', message, id, serverCode, serverMessage }: ReliableSocketError): Fault => ({
  code,
  message,
  id,
  serverCode,
  serverMessage,
});

export const toError = ({ code, message, ...detail }: Fault): ReliableSocketError =>
  new ReliableSocketError(code, message, detail);

/** Something that may have an error, ready to travel. */
export const pack = <T extends object>(thing: T & { readonly error?: ReliableSocketError }): T & { error?: Fault } => ({
  ...thing,
  ...(thing.error && { error: toFault(thing.error) }),
});

/** What `pack` made, as it was before. */
export const unpack = <T extends { readonly error?: Fault | undefined }>(
  packed: T,
): Omit<T, 'error'> & { error?: ReliableSocketError } => {
  const { error, ...rest } = packed;
  return { ...rest, ...(error && { error: toError(error) }) };
};
