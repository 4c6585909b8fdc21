import * as library from '../../src/index.js';
import { smoke } from './smoke.js';

// For runtimes with a command line: takes the host's address, prints the report.
const host = process.argv[2] ?? '';
// Node 20 has none of its own.
const WebSocket = 'WebSocket' in globalThis ? undefined : (await import('ws')).WebSocket;
console.log(JSON.stringify(await smoke(library, host, WebSocket)));
