import { type CheckLevel, Failure, type GroupName, NotOffered } from './check.js';
import { checks, type NamedCheck } from './checks.js';
import { Kit } from './kit.js';
import { missing, type Offer, survey } from './survey.js';
import type { Target } from './target.js';
import type { Step } from './trace.js';

/** What a server is said to be. It must pass the checks of its level, and may leave out all others. */
export type DemandedLevel = Exclude<CheckLevel, 'extra'>;

export interface RunOptions extends Target {
  /** What is demanded, and run. @default everything is run, nothing is demanded */
  readonly level?: DemandedLevel | undefined;
  /** Names of groups or checks; the others are not run. @default all */
  readonly only?: readonly string[];
  /** Called after each check. */
  readonly onResult?: (result: CheckResult) => void;
}

export interface CheckResult {
  readonly id: string;
  readonly group: GroupName;
  readonly section: string;
  readonly rule: string;
  readonly level: CheckLevel;
  readonly outcome: 'pass' | 'fail' | 'not offered';
  /** Whether the level that was asked for needs it: then `not offered` is not enough. */
  readonly demanded: boolean;
  /** What was expected and what came instead, or what is not offered. */
  readonly reason?: string;
  /** What was sent, what came and what was expected, in order. */
  readonly steps: readonly Step[];
}

export interface Report {
  readonly url: string;
  readonly level: DemandedLevel | undefined;
  /** What the server was seen to do, and how that was found out. */
  readonly offers: readonly Offer[];
  readonly survey: readonly Step[];
  readonly results: readonly CheckResult[];
  /** True if nothing failed and nothing that is demanded is missing. */
  readonly ok: boolean;
}

/** Checks a server, one rule after the other. @throws Unreachable */
export async function runConformance(options: RunOptions): Promise<Report> {
  const { url, level } = options;
  const { offers, steps } = await survey(options);
  const results: CheckResult[] = [];
  for (const check of selectChecks(options)) {
    const result = await runCheck(check, options, offers);
    results.push(result);
    options.onResult?.(result);
  }
  return { url, level, offers: [...offers], survey: steps, results, ok: results.every(isFine) };
}

/** The checks that are run. A server of the level seed has nothing to do with the others. */
export function selectChecks({ level, only }: Pick<RunOptions, 'level' | 'only'>): NamedCheck[] {
  return checks
    .filter(({ group, id }) => only?.some((name) => name === group || name === id) ?? true)
    .filter((check) => level !== 'seed' || check.level === 'seed');
}

/** Whether a result may stand in a run that ends well. */
export function isFine({ outcome, demanded }: CheckResult): boolean {
  return outcome === 'pass' || (outcome === 'not offered' && !demanded);
}

async function runCheck(
  check: NamedCheck,
  { level, ...target }: RunOptions,
  offers: ReadonlySet<Offer>,
): Promise<CheckResult> {
  const { id, group, section, rule } = check;
  const demanded = level !== undefined && check.level !== 'extra';
  const facts = { id, group, section, rule, level: check.level, demanded };
  const lacking = check.needs.find((offer) => !offers.has(offer));
  if (lacking !== undefined) return { ...facts, outcome: 'not offered', reason: missing[lacking], steps: [] };
  const kit = new Kit(target, offers, id);
  const { steps } = kit.trace;
  try {
    await check.run(kit);
    return { ...facts, outcome: 'pass', steps };
  } catch (error) {
    if (error instanceof NotOffered) return { ...facts, outcome: 'not offered', reason: error.message, steps };
    if (error instanceof Failure) return { ...facts, outcome: 'fail', reason: error.message, steps };
    throw error;
  } finally {
    kit.end();
  }
}
