import type { Message } from './protocol/frames.js';
import type { ControlType, EnvelopeField } from './protocol/json.js';

/** Every `type` of a union of messages. */
export type TypeOf<M extends Message> = M['type'];

/**
 * The messages of a union that can have this type. `Extract` would lose those whose `type` is itself a union
 * (`{ type: 'a' | 'b' }`), so their `type` is inferred and narrowed.
 */
export type MessageOf<M extends Message, T> = M extends { readonly type: infer U }
  ? T extends U
    ? M & { readonly type: T }
    : never
  : never;

/** A message that may be sent: it has neither a type nor a field that belongs to the protocol. */
export type Outgoing<M extends Message> = M extends { readonly type: infer T }
  ? string extends T
    ? M
    : T extends ControlType
      ? never
      : Extract<keyof M, EnvelopeField> extends never
        ? M
        : never
  : never;

/** Messages of an application that did not say what they look like. */
export interface AnyMessage extends Message {
  readonly [field: string]: unknown;
}
