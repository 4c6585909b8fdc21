import { type FaultKind, faultKinds } from '../../src/testing/index.js';
import { untold } from './match.js';
import type { Result, Run } from './run.js';

/** Why a run shows a broken promise, or proves nothing because the storm was too mild. Empty if all is well. */
export function complaints({ scenario, results }: Run): string[] {
  const judged = results.filter(({ contestant }) => contestant.promised !== 'nothing');
  return judged.flatMap((result) => {
    const found = [...brokenInbound(result), ...brokenOutbound(result)];
    const hits = sum(result.proxy.hits);
    if (hits < scenario.leastHits) {
      found.push(`too mild: only ${hits} faults hit a live link, not ${scenario.leastHits}`);
    }
    if (result.client.reconnects === 0) found.push('too mild: no link was lost');
    return found.map((text) => `${result.contestant.name}: ${text}`);
  });
}

export const sum = (counts: Readonly<Record<FaultKind, number>>): number =>
  faultKinds.reduce((total, kind) => total + counts[kind], 0);

function brokenInbound({ in: { lost, repeated, outOfOrder, damaged }, client }: Result): string[] {
  const gaps = client.told.filter(({ n }) => n === undefined);
  return [
    ...counted(lost, 'lost in'),
    ...counted(repeated, 'repeated in'),
    ...counted(outOfOrder, 'out of order in'),
    ...counted(damaged, 'damaged in'),
    ...gaps.slice(0, 5).map(({ what }) => `told a ${what}`),
  ];
}

function brokenOutbound(result: Result): string[] {
  const { out, client, contestant } = result;
  const told = client.told.filter(({ n }) => n !== undefined);
  const others = told.filter(({ what }) => what !== 'unknown' && what !== 'dropped');
  return [
    ...counted(out.repeated, 'repeated out'),
    ...counted(out.outOfOrder, 'out of order out'),
    ...counted(out.damaged, 'damaged out'),
    ...(contestant.promised === 'whole'
      ? [...counted(out.lost, 'lost out'), ...counted(told.length, 'told as undelivered')]
      : [
          ...counted(untold(result).length, 'lost out and not told'),
          ...counted(others.length, `told as ${others[0]?.what}, neither unknown nor dropped`),
          ...counted(told.length - new Set(told.map(({ n }) => n)).size, 'told more than once'),
        ]),
  ];
}

const counted = (count: number, what: string): string[] => (count > 0 ? [`${count} ${what}`] : []);
