import { expect, inject, it, onTestFinished } from 'vitest';
import { RemoteNetwork } from '../support/remote-network.js';
import { until } from '../support/until.js';

// What one task sends, in each browser: the built package, with the browser's own WebSocket, against a real server.
const { ReliableSocket } = (await import(
  /* @vite-ignore */ `${inject('host')}/package/index.js`
)) as typeof import('../../src/index.js');

const openNetwork = async (): Promise<RemoteNetwork> => {
  const network = await RemoteNetwork.open(inject('host'));
  onTestFinished(() => network.close());
  return network;
};

const arrived = async (network: RemoteNetwork, count: number): Promise<readonly unknown[]> => {
  let received: readonly unknown[] = [];
  const look = (): boolean => {
    network.see().then((seen) => {
      received = seen.received;
    });
    return received.length >= count;
  };
  await until(look, { message: `${count} messages arrived` });
  return received;
};

it('holds behind the first eight what one task sends, in Chromium, and nothing in others', async () => {
  const network = await openNetwork();
  const handed: unknown[] = [];
  class Watched extends WebSocket {
    override send(data: string): void {
      handed.push(JSON.parse(data).n);
      super.send(data);
    }
  }
  const socket = new ReliableSocket(network.url, { WebSocket: Watched, heartbeat: false });
  onTestFinished(() => socket.close());
  await socket.opened();
  const sent = Array.from({ length: 10 }, (_, i) => i + 1);
  for (const n of sent) socket.send({ type: 'note', n });
  expect(handed).toEqual('userAgentData' in navigator ? sent.slice(0, 8) : sent);
  await Promise.resolve();
  expect(handed.splice(0)).toEqual(sent);
  for (const n of sent) socket.send({ type: 'note', n });
  const closed = socket.close();
  expect(handed).toEqual(sent);
  await closed;
  expect(await arrived(network, 20)).toEqual([...sent, ...sent]);
});

it.each([
  ['goes elsewhere', `location.href = '${inject('host')}/blank'`],
  ['stops loading', 'stop()'],
  ['is taken away', 'frameElement.remove()'],
])('loses nothing of a task in which the page %s', async (_what, leave) => {
  const network = await openNetwork();
  const frame = document.createElement('iframe');
  document.body.append(frame);
  onTestFinished(() => frame.remove());
  const script = document.createElement('script');
  script.type = 'module';
  script.textContent = `
    const { ReliableSocket } = await import('${inject('host')}/package/index.js');
    const socket = new ReliableSocket('${network.url}');
    await socket.opened();
    for (let n = 1; n <= 10; n++) socket.send({ type: 'note', n });
    ${leave};`;
  frame.contentDocument?.body.append(script);
  expect(await arrived(network, 10)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
});
