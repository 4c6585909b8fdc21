import { type ReferenceServerOptions, startReferenceServer } from '../../../src/testing/reference-server.js';
import type { Note, ServerSide } from '../contestant.js';

/** The reference server: it numbers, replays, and remembers ids. */
export async function serveReference(
  onNote: (note: Note) => void,
  options: ReferenceServerOptions = {},
): Promise<ServerSide> {
  const server = await startReferenceServer({
    ...options,
    // Called once for each message that takes effect: a known id gets its old answer and never comes here.
    onMessage: ({ message }) => {
      onNote(toNote(message));
      return undefined;
    },
  });
  return {
    port: server.port,
    publish: (note) => void server.publish({ type: 'tick', ...note }),
    stop: () => server.stop(),
  };
}

export function toNote({ n, text }: Readonly<Record<string, unknown>>): Note {
  return typeof text === 'string' ? { n: Number(n), text } : { n: Number(n) };
}
