import type { Shop } from './shop.js';

/**
 * A script for a page of `host`, which has the built package. It makes `customer` there: `order(from, to, bytes)` sends
 * orders, some in each task, and tells the shop what became of each; `done()` resolves when nothing waits any more, with
 * the ids that the store still has; `client()` is who it is to the server.
 */
export const customerScript = (host: string, { url, reportUrl }: Shop, name: string): string => `(async () => {
  const { queue, ReliableSocket } = await import('${host}/package/index.js');
  const { indexedDbStore } = await import('${host}/package/indexeddb-with-idb.js');
  const reporter = new WebSocket('${reportUrl}');
  await new Promise((resolve) => { reporter.onopen = resolve; });
  const report = (what) => reporter.send(JSON.stringify(what));
  const socket = new ReliableSocket('${url}', {
    backoff: { base: 20, max: 200 },
    policies: { order: queue({ ack: 'message', durable: true }) },
    store: indexedDbStore({ name: '${name}' }),
  });
  socket.on('error', ({ code, cause }) => report({ error: code + ': ' + cause }));
  const sleep = () => new Promise((resolve) => setTimeout(resolve));
  window.socket = socket;
  window.customer = {
    async order(from, to, bytes) {
      for (let n = from; n <= to; n++) {
        const receipt = socket.send({ type: 'order', n, filling: 'x'.repeat(bytes) });
        receipt.durable.then((durable) => report({ n, durable }));
        receipt.settled.then(({ outcome }) => report({ n, outcome }));
        if (Math.random() < 0.2) await sleep();
      }
    },
    async done() {
      await socket.opened();
      while (socket.outbox.size > 0) await sleep();
      await socket.close();
      const left = indexedDbStore({ name: '${name}' });
      const messages = await left.load();
      await left.close();
      return messages.map(({ id }) => id);
    },
    client: () => socket.continuation().client,
  };
  await socket.opened();
})()`;
