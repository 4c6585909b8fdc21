import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import type { Command, Input, LifecycleSignal } from '../../../../src/core/io.js';
import { defaults } from '../../../../src/options.js';
import { message, type PureSession, pureSession } from '../../../support/session.js';
import { entry, ids, latestPolicy, only, queuePolicy } from '../../../support/turn.js';

const acked = queuePolicy({ ack: 'message' });

describe('createSession', () => {
  // --- any sequence of inputs ---

  const signals: LifecycleSignal[] = [
    'online',
    'offline',
    'visible',
    'hidden',
    'freeze',
    'resume',
    'pagehide',
    'pageshow',
  ];
  type Step = { readonly wait: number; readonly input: Input | { readonly type: 'later' } };
  const frames: object[] = [
    { type: 'm', seq: 1 },
    { type: 'm', seq: 5 },
    { type: 'm', channel: 'a', seq: 1 },
    { type: 'm' },
    { type: 'welcome', epoch: 'e', seq: 3, ids: 60_000, heartbeat: 20_000 },
    { type: 'welcome', epoch: 'f', seq: 0, rate: 5 },
    { type: 'welcome' },
    { type: 'pong', t: 1 },
    { type: 'pong' },
    { type: 'ping' },
    { type: 'subscribed', channel: 'a', epoch: 'x', seq: 1 },
    { type: 'unsubscribed', channel: 'a', retry: true },
    { type: 'unsubscribed', channel: 'a' },
    { type: 'reset', seq: 2 },
    { type: 'ack', messageId: 'm1' },
    { type: 'nack', messageId: 'm2', retry: true },
    { type: 'nack', messageId: 'm3', code: 'no' },
    { type: 'ack', messageId: 'c-auth' },
    { type: 'nack', messageId: 'c-auth' },
    { type: 'goaway', retryAfter: 500, within: 2_000 },
    { type: 'goaway' },
  ];
  const anyStep: fc.Arbitrary<Step> = fc.record({
    wait: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 3_000 }), fc.integer({ min: 0, max: 90_000 })),
    input: fc.oneof(
      {
        weight: 8,
        arbitrary: fc.constantFrom(...(['opened', 'url', 'token', 'later'] as const)).map((type) => {
          if (type === 'token') return { type, token: 't', expiresIn: 30_000, subject: undefined } as const;
          return type === 'url' ? ({ type, conn: 1, url: 'ws://late/' } as const) : ({ type } as const);
        }),
      },
      {
        weight: 12,
        arbitrary: fc.constantFrom(...frames).map((frame) => ({ type: 'frame' as const, data: JSON.stringify(frame) })),
      },
      {
        weight: 4,
        arbitrary: fc
          .constantFrom(1000, 1006, 1008, 1009, 1013, 4401, 4403, 4429)
          .map((code) => ({ type: 'closed' as const, info: { code, reason: '', wasClean: true } })),
      },
      { weight: 3, arbitrary: fc.constantFrom(...signals).map((signal) => ({ type: 'signal' as const, signal })) },
      {
        weight: 3,
        arbitrary: fc
          .constantFrom(
            ...([
              'connect',
              'reconnect',
              'errored',
              'no-websocket',
              'token-failed',
              'clear',
              'drain',
              'watch-ready',
              'alarm',
            ] as const),
          )
          .map((type) => ({ type })),
      },
      {
        weight: 1,
        arbitrary: fc.nat(1).map((drain) => ({ type: 'close' as const, code: 1000, reason: '', drain: drain * 3_000 })),
      },
      {
        weight: 2,
        arbitrary: fc
          .constantFrom('subscribe' as const, 'unsubscribe' as const)
          .map((type) => ({ type, channel: 'a' })),
      },
      { weight: 2, arbitrary: fc.constantFrom('m1', 'm2', 'm5').map((id) => ({ type: 'cancel' as const, id })) },
      { weight: 8, arbitrary: fc.nat(5).map((kind) => ({ type: 'send' as const, entry: entry(`kind${kind}`) })) },
    ),
  });
  const kinds = [
    queuePolicy(),
    acked,
    queuePolicy({ ack: 'pong' }),
    queuePolicy({ ack: 'message', inFlight: 1 }),
    queuePolicy({ kind: 'drop' }),
    latestPolicy,
  ];
  const visited = new Set<string>();
  /** Plays a script and notes every command; also how often each message ended. */
  const play = (
    script: readonly Step[],
    via: 'query' | 'message',
  ): { log: string[]; ended: Map<string, number>; client: PureSession } => {
    const client = pureSession({
      hasTokenHook: true,
      auth: { via, param: 'token' },
      queue: { ...defaults.queue, maxMessages: 6 },
    });
    const log: string[] = [];
    const ended = new Map<string, number>();
    let made = 0;
    let seed = 1;
    /** The shell hears no hook that it did not call, or that was given up. */
    let asking = false;
    let dialled = false;
    const note = (commands: readonly Command[]): void => {
      for (const command of commands) {
        const { entry: one, ...rest } = command as Command & { readonly entry?: { readonly id: string } };
        log.push(JSON.stringify([client.now, rest, one?.id]));
        if (command.do === 'ask-token') asking = true;
        if (command.do === 'abort-token') asking = false;
        if (command.do === 'dial') dialled = true;
        if (command.do === 'settle') ended.set(command.entry.id, (ended.get(command.entry.id) ?? 0) + 1);
      }
    };
    note(client.run({ type: 'connect' }));
    for (const { wait, input } of script) {
      seed = (seed * 16_807) % 2_147_483_647;
      client.random = seed / 2_147_483_647;
      note(client.advance(wait));
      // Mostly hooks answer and handshakes succeed, or little else would be seen.
      if (asking && seed % 4) {
        asking = false;
        note(client.run({ type: 'token', token: 't', expiresIn: 30_000, subject: undefined }));
      }
      if (dialled && seed % 8) note(client.run({ type: 'opened' }));
      dialled = false;
      visited.add(client.status());
      if (input.type === 'later') continue;
      if (input.type === 'token' || input.type === 'token-failed') {
        if (!asking) continue;
        asking = false;
      }
      if (input.type === 'send') {
        const kind = Number(input.entry.id.slice(4));
        const id = `m${++made}`;
        const policy = kinds[kind] ?? queuePolicy();
        const key = policy.kind === 'latest' ? 'k' : undefined;
        note(client.send(message(id, { policy, key, expiresAt: client.now + 20_000 })));
      } else {
        note(client.run(input));
      }
      visited.add(client.status());
      log.push(client.status(), String(client.session.nextDeadline()));
    }
    return { log, ended, client };
  };
  const script = fc.array(anyStep, { maxLength: 60, size: 'max' });

  // Kills: a clock or a random source of its own in any part of the core, an order that hangs on anything but the inputs.
  test.prop([script, fc.constantFrom('query' as const, 'message' as const)])(
    'answers the same inputs with the same commands',
    (steps, via) => {
      expect(play(steps, via).log).toEqual(play(steps, via).log);
    },
  );

  // Kills: any transition that the table forbids (it throws), a deadline that rings without being taken, a message that
  // ends twice, or that never does.
  test.prop([script, fc.constantFrom('query' as const, 'message' as const)])(
    'comes through any sequence of inputs, and to an end when it is told so, with every message settled once',
    (steps, via) => {
      const { ended, client } = play(steps, via);
      const commands = [...client.run({ type: 'close', code: 1000, reason: '', drain: 0 }), ...client.advance(1_000)];
      for (const { entry: one } of only(commands, 'settle')) ended.set(one.id, (ended.get(one.id) ?? 0) + 1);
      expect(client.session.state()).toMatchObject({ status: 'closed' });
      expect(ids(client.session.traffic.outbound.queue)).toEqual([]);
      expect([...ended.values()].every((times) => times === 1)).toBe(true);
      expect(ended.size).toBe(steps.filter(({ input }) => input.type === 'send').length);
      expect(client.session.nextDeadline()).toBe(Infinity);
    },
  );

  it('was seen in every state by these', () => {
    expect([...visited].sort()).toEqual(['closed', 'closing', 'connecting', 'open', 'suspended', 'waiting']);
  });
});
