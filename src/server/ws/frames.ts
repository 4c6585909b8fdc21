/** FIN, and the opcode of a text. */
const TEXT = 0x81;

/** Bytes before a payload. */
const headLength = (length: number): number => (length < 126 ? 2 : length < 65_536 ? 4 : 10);

/** Each text as one frame of RFC 6455 section 5.2, as a server writes it: whole and unmasked. */
export const toFrames = (texts: readonly string[]): Buffer => {
  const lengths = texts.map((text) => Buffer.byteLength(text));
  const frames = Buffer.allocUnsafe(lengths.reduce((sum, length) => sum + headLength(length) + length, 0));
  let at = 0;
  for (const [i, text] of texts.entries()) {
    const length = lengths[i] ?? 0;
    frames[at] = TEXT;
    if (length < 126) frames[at + 1] = length;
    else if (length < 65_536) {
      frames[at + 1] = 126;
      frames.writeUInt16BE(length, at + 2);
    } else {
      frames[at + 1] = 127;
      // No text is as long as to need the upper bits.
      frames.writeUInt32BE(0, at + 2);
      frames.writeUInt32BE(length, at + 6);
    }
    at += headLength(length);
    at += frames.write(text, at);
  }
  return frames;
};
