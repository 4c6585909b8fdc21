import { expect, it } from 'vitest';
import { createSender } from '../../../src/tabs/sender.js';
import { createShell } from '../../../src/tabs/shell.js';

const nobody = () => {
  throw new Error('nobody leads here');
};

it('an id that is no string, or that a message has that is under way, is refused where it is sent', () => {
  const shell = createShell(nobody, 'ids', 1_000);
  const { send } = createSender(shell);
  // Safe: these are values that the types refuse.
  for (const id of ['', 5 as unknown as string]) {
    expect(() => send({ type: 'order' }, undefined, { id })).toThrow(expect.objectContaining({ code: 'bad-option' }));
  }
  send({ type: 'order' }, undefined, { id: 'one' });
  expect(() => send({ type: 'order' }, undefined, { id: 'one' })).toThrow(
    expect.objectContaining({ code: 'duplicate-id', id: 'one' }),
  );
  expect([...shell.session.mail].map(({ id }) => id)).toEqual(['one']);
});
