import PartySocket from 'partysocket/ws';
import { expose } from './expose.js';
import { socketSubject } from './socket-subject.js';

expose(() => socketSubject((url) => new PartySocket(url)));
