import type { Client, Frame } from '../client.js';

type IsRight = (value: unknown) => boolean;

export const isCount: IsRight = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
export const isTime: IsRight = (value) => typeof value === 'number' && value > 0;
export const isText: IsRight = (value) => typeof value === 'string';

/** What `welcome` and `subscribed` say about a stream. */
export const STREAM_FIELDS: Readonly<Record<string, IsRight>> = {
  epoch: isText,
  seq: isCount,
  contiguous: (value) => typeof value === 'boolean',
  recovered: isCount,
};

/** Looks at those of the fields that are there. */
export function expectFields(
  client: Client,
  frame: Frame | undefined,
  fields: Readonly<Record<string, IsRight>>,
): void {
  for (const [field, isRight] of Object.entries(fields)) {
    if (frame !== undefined && field in frame) client.expect(`a right ${field}`, isRight(frame[field]), frame);
  }
}

/** What a refusal must say: why, for programs and for people; and whether and when to come again, if it says so. */
export function expectReasons(client: Client, frame: Frame): void {
  client.expect('code and message as strings', isText(frame.code) && isText(frame.message), frame);
  expectFields(client, frame, { retry: (value) => typeof value === 'boolean' || isCount(value) });
}
