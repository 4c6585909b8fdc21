import * as reconnecting from 'reconnecting-websocket';
import { expose } from './expose.js';
import { socketSubject } from './socket-subject.js';

// Safe: its types are of the CommonJS file, whose default export they wrap once more; a bundler takes the ES module.
const ReconnectingWebSocket = reconnecting.default as unknown as typeof reconnecting.default.default;

expose(() => socketSubject((url) => new ReconnectingWebSocket(url)));
