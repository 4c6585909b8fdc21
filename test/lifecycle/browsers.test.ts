import { describe, expect, inject, it } from 'vitest';
import { rows } from '../support/lifecycle/rows.js';
import { requireTool } from '../tools/tools.js';

// What browsers do to a page, each state in short; `npm run proof -- browsers` has them at full length.

const [chromium = ''] = requireTool('chromium') ?? [];
const [firefox = ''] = requireTool('firefox') ?? [];
const namespaces = requireTool('namespaces') !== undefined;
const host = inject('host');

describe('a conversation in a page that is', () => {
  for (const row of rows) {
    const path = row.browser === 'Chromium' ? chromium : firefox;
    const runs = path !== '' && (namespaces || !row.needsNamespace);
    const test = runs ? it.concurrent : it.skip;
    test(`${row.name} (${row.browser}) goes on, and loses and repeats nothing`, async () => {
      const figures = await row.run({ host, chromium, firefox }, row.short, true);
      expect(figures).toMatchObject({ lost: 0, repeated: 0, falseReconnects: 0, troubles: [] });
      // What it meant to wait is the same however busy this machine is.
      for (const wait of figures.waits) expect(wait).toBeLessThanOrEqual(200);
      expect(figures.back).toHaveLength(row.short.length);
    });
  }
});
