import { describe, expect, it } from 'vitest';
import { besiege } from '../../support/besieged.js';
import { attacks } from '../../support/fuzz.js';

describe('a server that is attacked', () => {
  it('stays up and bounded, and honest clients notice nothing', async () => {
    const siege = await besiege(7, 6_000);
    expect(Object.keys(siege.attacks).sort()).toEqual(Object.keys(attacks).sort());
    expect(siege.noticed).toEqual([]);
    expect(siege.sent.length).toBeGreaterThan(50);
    for (const heard of siege.heard) expect(heard).toEqual(siege.sent);
    expect(siege.errors).toEqual([]);
    // A bound for each connection, and next to nothing once they are gone.
    expect(siege.buffered).toBeLessThanOrEqual(siege.connections * 1_048_576);
    expect(siege.grown).toBeLessThan(20_000_000);
    expect(Object.prototype).not.toHaveProperty('polluted');
  });
});
