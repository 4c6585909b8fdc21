import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import { WebSocketServer } from 'ws';
import { readSyncMessage, writeSyncStep1, writeUpdate } from 'y-protocols/sync';
import * as Y from 'yjs';
import { type RestartingServer, startRestartingServer } from './restarting-server.js';

const SYNC = 0;

/** A server for one document, which it forgets with each life: only its clients still have it. */
export const startYjsServer = (): Promise<RestartingServer> =>
  startRestartingServer((server) => {
    const wss = new WebSocketServer({ server });
    const doc = new Y.Doc();
    const framed = (write: (encoder: encoding.Encoder) => void): Uint8Array => {
      const encoder = encoding.createEncoder();
      encoding.writeVarUint(encoder, SYNC);
      write(encoder);
      return encoding.toUint8Array(encoder);
    };
    doc.on('update', (update: Uint8Array) => {
      for (const client of wss.clients) client.send(framed((encoder) => writeUpdate(encoder, update)));
    });
    wss.on('connection', (client) => {
      client.on('error', () => {});
      client.on('message', (data: Buffer) => {
        const decoder = decoding.createDecoder(new Uint8Array(data));
        if (decoding.readVarUint(decoder) !== SYNC) return;
        let answered = false;
        const answer = framed((encoder) => {
          const before = encoding.length(encoder);
          readSyncMessage(decoder, encoder, doc, client);
          answered = encoding.length(encoder) > before;
        });
        if (answered) client.send(answer);
      });
      client.send(framed((encoder) => writeSyncStep1(encoder, doc)));
    });
  });
