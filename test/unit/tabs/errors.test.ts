import { describe, expect, it } from 'vitest';
import { ReliableSocketError } from '../../../src/index.js';
import { pack, unpack } from '../../../src/tabs/errors.js';

describe('an error that travels to another tab', () => {
  it('says there what it said here, and has its class again', () => {
    const detail = { id: 'k', serverCode: 'sold-out', serverMessage: 'none left' };
    const error = new ReliableSocketError('refused', 'send "order": refused', detail);
    const arrived = unpack(structuredClone(pack({ outcome: 'refused', error })));
    expect(arrived.outcome).toBe('refused');
    expect(arrived.error).toBeInstanceOf(ReliableSocketError);
    expect(arrived.error).toMatchObject({ code: 'refused', message: error.message, ...detail });
  });
});
