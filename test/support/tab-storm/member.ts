/** Runs in a page: one of the tabs, whose orders are numbered from `index` million. `seen` is for the report. */
export const memberScript = (host: string, url: string, index: number, patience: number): string => `(async () => {
  const { queue, ReliableSocket } = await import('${host}/package/index.js');
  const { shareAcrossTabs } = await import('${host}/package/tabs.js');
  window.seen = { heard: [], acked: [], troubles: [], waiting: 0 };
  const socket = shareAcrossTabs(() => new ReliableSocket('${url}?tab=${index}', {
    backoff: { base: 20, max: 200 },
    policies: { order: queue({ ack: 'message' }) },
    resume: { contiguous: true },
  }), { name: 'storm', patience: ${patience} });
  // Driven by what comes in, since timers of hidden tabs are slow.
  socket.onMessage('news', ({ n }) => {
    seen.heard.push(n);
    if (n % 10 === 0) order();
  });
  for (const trouble of ['gap', 'error', 'undelivered'])
    socket.on(trouble, (event) => seen.troubles.push({ trouble, event: { ...event }, text: String(event.message) }));
  window.socket = socket;
  let n = 0;
  const order = () => {
    seen.waiting++;
    const number = ${index} * 1e6 + ++n;
    socket.send({ type: 'order', n: number }).settled.then(({ outcome }) => {
      seen.waiting--;
      if (outcome === 'acked') seen.acked.push(number);
      else seen.troubles.push({ trouble: outcome, number });
    });
  };
  await socket.opened();
})()`;
