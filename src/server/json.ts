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
  v: NAME,
  epoch: NAME,
  contiguous: NAME,
  recovered: NAME,
  heartbeat: NAME,
  ids: NAME,
  rate: NAME,
  lastSeq: NAME,
  ref: NAME,
  client: NAME,
  conn: NAME,
  t: NAME,
  token: NAME,
  data: NAME,
  code: NAME,
  message: NAME,
  retry: NAME,
  reason: NAME,
  retryAfter: NAME,
  within: NAME,
};

/** The server's side of `json()`, with the same options. Throws `bad-option` for one that is out of range. */
export const serverJson = (options: JsonOptions = {}): ServerProtocol => {
  checkOptions('serverJson', options, RULES);
  checkOptions('serverJson', options.fields, FIELDS, 'fields');
  return make(options);
};
