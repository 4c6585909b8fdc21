import { describe, expectTypeOf, it } from 'vitest';
import { type Client, createServer, type ServerOptions } from '../../src/server/index.js';

interface User {
  readonly id: string;
  readonly rooms: readonly string[];
}
declare const find: (token: string | undefined) => Promise<User | undefined>;

describe('the user', () => {
  it('has the type that authenticate gives it', () => {
    createServer({
      async authenticate({ token }) {
        const user = await find(token);
        return user ? { principal: user.id, user } : 'unauthorized';
      },
      authorize: (client, channel) => client.user.rooms.includes(channel),
      onMessage(_message, { client }) {
        expectTypeOf(client.user).toEqualTypeOf<User>();
      },
    });
  });

  it('may be missing if it is so for some', () => {
    createServer({
      authenticate: ({ token }) => (token ? { principal: token, user: { name: token } } : { principal: 'guest' }),
      onMessage(_message, { client }) {
        expectTypeOf(client.user).toEqualTypeOf<{ name: string } | undefined>();
      },
    });
  });

  it('is unknown without a hook that says who it is', () => {
    createServer({ onMessage: (_message, { client }) => void expectTypeOf(client.user).toBeUnknown() });
    createServer({
      authenticate: () => ({ principal: 'ann' }),
      onMessage: (_message, { client }) => void expectTypeOf(client.user).toBeUnknown(),
    });
    const options: ServerOptions = { authorize: ({ user }) => user === undefined };
    createServer(options);
    createServer();
    expectTypeOf<Client['user']>().toBeUnknown();
  });

  it('does not let a hook answer something else', () => {
    // @ts-expect-error no such word
    createServer({ authenticate: () => 'no' });
    // @ts-expect-error a principal is a text
    createServer({ authenticate: () => ({ principal: 7 }) });
  });
});

describe('undefined', () => {
  it('is the same as leaving an option out', () => {
    const some = undefined as number | undefined;
    createServer({
      log: undefined,
      authenticate: undefined,
      onMessage: undefined,
      hookTimeout: some,
      limits: undefined,
    });
    void createServer().close({ within: some, reason: undefined });
    void createServer().sendAway({ within: some });
  });
});
