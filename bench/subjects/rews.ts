import { ReconnectingWebSocket } from '@nktkas/rews';
import { expose } from './expose.js';
import { socketSubject } from './socket-subject.js';

expose(() => socketSubject((url) => new ReconnectingWebSocket(url)));
