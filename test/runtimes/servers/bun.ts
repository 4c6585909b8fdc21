import crossws from 'crossws/adapters/bun';
import { createApp } from './app.js';

/** As much of Bun as is used here. */
declare const Bun: {
  serve(options: object): { readonly port: number };
};

const { hooks, answer } = createApp();
const adapter = crossws({ hooks });
const { port } = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  websocket: adapter.websocket,
  fetch: (request: Request, server: Parameters<typeof adapter.handleUpgrade>[1]) =>
    request.headers.get('upgrade') === 'websocket' ? adapter.handleUpgrade(request, server) : answer(request),
});
console.log(port);
