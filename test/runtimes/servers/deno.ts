import crossws from 'crossws/adapters/deno';
import { createApp } from './app.js';

/** As much of Deno as is used here. */
declare const Deno: {
  serve(options: object, handler: (request: Request, info: object) => Promise<Response>): void;
};

const { hooks, answer } = createApp();
const adapter = crossws({ hooks });
const onListen = ({ port }: { port: number }): void => console.log(port);
Deno.serve({ hostname: '127.0.0.1', port: 0, onListen }, (request, info) =>
  request.headers.get('upgrade') === 'websocket' ? adapter.handleUpgrade(request, info) : answer(request),
);
