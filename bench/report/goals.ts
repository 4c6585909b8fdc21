import type { ChromiumRow } from '../chromium/measure.js';
import type { MessageRow } from '../node/messages.js';
import type { Case } from '../subjects/cases.js';
import { renderRows } from '../support/table.js';

/** CPU per message, at most so many times that of a bare socket. */
const GOALS: readonly { readonly case: Case; readonly title: string; readonly most: number }[] = [
  { case: 'in: numbered messages', title: 'in', most: 1.25 },
  { case: 'out', title: 'out, `queue()`', most: 1.25 },
  { case: 'out, with acks', title: "out, `queue({ ack: 'message' })`", most: 1.4 },
];

/** Which goals are met, and by how much the others are not. */
export function renderGoals(node: readonly MessageRow[], chromium: readonly ChromiumRow[]): string {
  const ours = [
    ...node.map((row) => ({ ...row, where: `Node, ${row.speed}` })),
    ...chromium.map((row) => ({ ...row, where: 'Chromium' })),
  ].filter(({ name }) => name === 'ReliableSocket');
  const rows = GOALS.flatMap(({ case: which, title, most }) =>
    ours
      .filter((row) => row.case === which)
      .map(({ where, ratio }) => [
        title,
        where,
        most.toFixed(2),
        ratio.toFixed(2),
        // By the figure that is printed.
        Number(ratio.toFixed(2)) <= most ? 'met' : '**not met**',
      ]),
  );
  return renderRows(['CPU per message', 'where', 'goal', 'measured', ''], rows);
}
