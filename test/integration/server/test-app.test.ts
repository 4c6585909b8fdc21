import { describe, expect, it } from 'vitest';
import { type Gap, queue } from '../../../src/index.js';
import { type Companion, useCompanions } from '../../support/companion.js';
import { testApp } from '../../support/companion-app.js';
import { collect, useNetwork } from '../../support/network.js';
import { until } from '../../support/until.js';

const network = useNetwork();
const start = useCompanions();

describe('the test app, as a client sees it', () => {
  it('publishes, refuses, puts off, revokes, and forgets what it is told to forget', async () => {
    const companion: Companion = await start(testApp(() => companion.server));
    const socket = network.socket(companion.url, { defaultPolicy: queue({ ack: 'message' }), token: () => 'ann' });
    const gaps = collect<Gap>((listener) => socket.on('gap', listener));
    const room = socket.channel('room');
    const heard = collect((listener) => room.onMessage('chat', listener));
    const settled = async (type: string): Promise<unknown> => (await room.send({ type, text: 'hi' }).settled).outcome;
    expect(await settled('chat')).toBe('acked');
    expect(await settled('test:refuse')).toBe('refused');
    expect(await settled('test:later')).toBe('acked');
    await until(() => heard.length === 1);
    // While it is away something comes, and is forgotten.
    await until(() => room.state.status === 'subscribed');
    await socket.close();
    await companion.server.publish({ type: 'chat' }, { channel: 'room' });
    const other = network.socket(companion.url, { defaultPolicy: queue({ ack: 'message' }) });
    expect((await other.channel('room').send({ type: 'test:forget' }).settled).outcome).toBe('acked');
    socket.connect();
    await until(() => gaps.length > 0);
    expect(gaps).toMatchObject([{ channel: 'room', reason: 'missed' }]);
    expect(await settled('test:revoke')).toBe('acked');
    await until(() => room.state.status === 'refused');
  });
});
