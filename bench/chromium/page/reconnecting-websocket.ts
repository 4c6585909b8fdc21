import ReconnectingWebSocket from 'reconnecting-websocket';
import { expose } from './expose.js';
import { socketSubject } from './socket-subject.js';

expose(socketSubject((url) => new ReconnectingWebSocket(url)));
