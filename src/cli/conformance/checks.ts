import type { Check, CheckGroup, GroupName } from './check.js';
import { acks } from './checks/acks.js';
import { auth } from './checks/auth.js';
import { channels } from './checks/channels.js';
import { epoch } from './checks/epoch.js';
import { goaway } from './checks/goaway.js';
import { idempotency } from './checks/idempotency.js';
import { liveness } from './checks/liveness.js';
import { resume } from './checks/resume.js';

/** A check with its full name, `group/name`. */
export interface NamedCheck extends Check {
  readonly group: GroupName;
  readonly id: string;
}

const groups: readonly CheckGroup[] = [liveness, resume, epoch, channels, acks, idempotency, auth, goaway];

/** All checks, in the order in which they are run and published. */
export const checks: readonly NamedCheck[] = groups.flatMap(({ group, checks: list }) =>
  list.map((check) => ({ ...check, group, id: `${group}/${check.name}` })),
);

/** The list as a table in Markdown: docs/CONFORMANCE.md holds it. */
export function listChecks(): string {
  const rows = checks.map(({ id, level, section, rule }) => `| \`${id}\` | ${level} | ${section} | ${rule} |`);
  return ['| Check | Level | Section | Rule |', '|---|---|---|---|', ...rows].join('\n');
}
