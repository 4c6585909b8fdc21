import type { Message } from './protocol/frames.js';
import type { ControlType, EnvelopeField } from './protocol/json.js';

/** Every `type` of a union of messages. */
export type TypeOf<M extends Message> = M['type'];

/**
 * The messages of a union that can have this type. `Extract` would lose those whose `type` is itself a union
 * (`{ type: 'a' | 'b' }`), so their `type` is inferred and narrowed. A message of one type alone is left as it was
 * written, which is what editors and the compiler then show.
 */
export type MessageOf<M extends Message, T> = M extends { readonly type: infer U }
  ? T extends U
    ? [U] extends [T]
      ? M
      : M & { readonly type: T }
    : never
  : never;

/**
 * A message that may be sent: it has neither a type nor a field that belongs to the protocol. What has one becomes a text
 * that no message is, so that the compiler says why. A `type` that is any string says nothing about the other fields.
 */
export type Outgoing<M extends Message> = M extends { readonly type: infer T }
  ? string extends T
    ? M | (M & AnyMessage)
    : T extends ControlType
      ? `type "${T}" is reserved for the protocol`
      : Extract<keyof M, EnvelopeField> extends infer F extends string
        ? [F] extends [never]
          ? M
          : `field "${F}" is reserved for the envelope`
        : never
  : never;

/** Messages of an application that did not say what they look like. */
export interface AnyMessage extends Message {
  readonly [field: string]: unknown;
}
