import type { FieldName, JsonOptions } from '../protocol/json.js';
import type { ServerProtocol } from '../protocol/server-frames.js';
import { serverJson as make } from '../protocol/server-json.js';
import { checkOptions, FLAG, NAME, OBJECT, type Rule, TEXT } from './checks.js';

const RULES = { fields: OBJECT, prefix: TEXT, literalPing: FLAG };
const FIELDS: Readonly<Record<FieldName, Rule>> = {
  seq: NAME,
  channel: NAME,
  messageId: NAME,
  messageIds: NAME,
  epoch: NAME,
  lastSeq: NAME,
  ref: NAME,
  t: NAME,
  token: NAME,
  data: NAME,
  code: NAME,
  message: NAME,
  retry: NAME,
  reason: NAME,
};

/** The server's side of `json()`, with the same options. Throws `bad-option` for one that is out of range. */
export const serverJson = (options: JsonOptions = {}): ServerProtocol => {
  checkOptions('serverJson', options, RULES);
  checkOptions('serverJson', options.fields, FIELDS, 'fields');
  return make(options);
};
