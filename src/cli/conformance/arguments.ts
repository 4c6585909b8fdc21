import { parseArgs } from 'node:util';
import { checks } from './checks.js';
import { type DemandedLevel, type RunOptions, selectChecks } from './run.js';
import type { AuthVia, ResumeVia } from './target.js';

export const HELP = `Tells which guarantees of PROTOCOL.md a server gives, frame by frame.

  npx reliable-socket conformance <url> [options]

The server must run the small test app of docs/CONFORMANCE.md, at a ws: or wss: url.

  --level seed|full        what is demanded: the rules of a server that keeps one stream, or all guarantees.
                           Without it everything is tried, and what the server leaves out is not failed
  --only <name>            a group (liveness, resume, epoch, channels, acks, idempotency, auth, goaway)
                           or a check (liveness/pong); again for more
  --token <token>          is sent with each connection, if the server lets nobody in without
  --other-token <token>    of another principal (bob)
  --banned-token <token>   is answered with 4403 (banned)
  --auth <via>             query (the default), subprotocol or message
  --resume <via>           url (the default), or message: the default stream begins with a subscribe
  --timeout <ms>           the longest wait for anything (2000)
  --verbose                shows what was sent, what came and what was expected for all checks, not only the failed ones
  --json                   the whole report as JSON
  --list                   the list of checks, as a table in Markdown
  --help

Exit code: 0 if the server keeps what it offers and offers what is demanded, 1 if not, 2 if it could not be checked.
`;

/** What the command line asks for. */
export type Command =
  | { readonly kind: 'help' }
  | { readonly kind: 'list' }
  | { readonly kind: 'wrong'; readonly text: string }
  | { readonly kind: 'run'; readonly options: RunOptions; readonly json: boolean; readonly verbose: boolean };

/** Reads the command line. Whatever is wrong with it is said with the value and what was wanted. */
export function readArguments(args: readonly string[]): Command {
  try {
    return read(args);
  } catch (error) {
    return { kind: 'wrong', text: error instanceof Error ? error.message : String(error) };
  }
}

function read(args: readonly string[]): Command {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      level: { type: 'string' },
      only: { type: 'string', multiple: true },
      token: { type: 'string' },
      'other-token': { type: 'string' },
      'banned-token': { type: 'string' },
      auth: { type: 'string' },
      resume: { type: 'string' },
      timeout: { type: 'string' },
      verbose: { type: 'boolean' },
      json: { type: 'boolean' },
      list: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help === true) return { kind: 'help' };
  if (values.list === true) return { kind: 'list' };
  const { token, 'other-token': otherToken, 'banned-token': bannedToken } = values;
  const auth =
    values.auth === undefined ? undefined : oneOf<AuthVia>('--auth', values.auth, ['query', 'subprotocol', 'message']);
  const resume =
    values.resume === undefined ? undefined : oneOf<ResumeVia>('--resume', values.resume, ['url', 'message']);
  if (auth === 'message' && token === undefined) throw new Error('--auth message: a --token is needed with it');
  const options: RunOptions = {
    url: readUrl(positionals),
    timeout: readTimeout(values.timeout),
    ...(values.level !== undefined && { level: oneOf<DemandedLevel>('--level', values.level, ['seed', 'full']) }),
    ...(values.only !== undefined && { only: values.only.map(readName) }),
    ...(token !== undefined && { token }),
    ...(otherToken !== undefined && { otherToken }),
    ...(bannedToken !== undefined && { bannedToken }),
    ...(auth !== undefined && { auth }),
    ...(resume !== undefined && { resume }),
  };
  if (selectChecks(options).length === 0)
    throw new Error(`--only: nothing of it belongs to the level ${options.level}`);
  return { kind: 'run', options, json: values.json === true, verbose: values.verbose === true };
}

function readUrl(positionals: readonly string[]): string {
  const [url, extra] = positionals;
  if (url === undefined)
    throw new Error('conformance: the url of a server is missing, for instance ws://localhost:8080');
  if (extra !== undefined) throw new Error(`conformance: one url is wanted, and "${extra}" is a second`);
  if (!URL.canParse(url) || !['ws:', 'wss:'].includes(new URL(url).protocol) || new URL(url).hash !== '') {
    throw new Error(`conformance: "${url}" is no ws: or wss: url, or has a fragment`);
  }
  return url;
}

function readTimeout(text: string = '2000'): number {
  const ms = Number(text);
  if (Number.isSafeInteger(ms) && ms >= 100 && ms <= 600_000) return ms;
  throw new Error(`--timeout: "${text}" is no whole number of ms between 100 and 600000`);
}

function readName(name: string): string {
  if (checks.some(({ group, id }) => name === group || name === id)) return name;
  throw new Error(`--only: there is no group and no check "${name}"; --list shows them`);
}

function oneOf<T extends string>(option: string, value: string, wanted: readonly T[]): T {
  const found = wanted.find((one) => one === value);
  if (found === undefined) throw new Error(`${option}: "${value}" is none of ${wanted.join(', ')}`);
  return found;
}
