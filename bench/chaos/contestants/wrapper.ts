import { type ClientParts, type ClientSide, type Contestant, type Note, toldNothing } from '../contestant.js';
import { serveReference, toNote } from './reference.js';

/** As much of a WebSocket as the wrappers have in common. */
export interface WrappedSocket {
  readonly readyState: number;
  addEventListener(type: 'open', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  send(data: string): void;
  close(): void;
}

export type Connect = (url: () => string, parts: ClientParts) => WrappedSocket;

/** A library that looks like a WebSocket and reconnects. What it sends while down waits in it, without bound. */
export function wrapper(name: string, connect: Connect): Contestant {
  return {
    name,
    promised: 'nothing',
    serve: (onNote) => serveReference(onNote),
    connect: (parts) => new WrapperSide(parts, (url) => connect(() => url, parts)),
  };
}

/**
 * The same with what an application can add without knowing the library: the
 * number of the last message in the url, so that the server replays.
 */
export function wrapperWithResume(name: string, connect: Connect): Contestant {
  return {
    ...wrapper(name, connect),
    connect(parts) {
      let lastSeq: number | undefined;
      const onFrame = ({ seq }: Readonly<Record<string, unknown>>): void => {
        if (typeof seq === 'number') lastSeq = seq;
      };
      const make = (url: string): WrappedSocket =>
        connect(() => (lastSeq === undefined ? url : `${url}/?lastSeq=${lastSeq}`), parts);
      return new WrapperSide(parts, make, onFrame);
    },
  };
}

const OPEN = 1;

class WrapperSide implements ClientSide {
  readonly waiting = 0;
  readonly told = toldNothing;
  readonly #socket: WrappedSocket;
  #opens = 0;

  constructor(
    { port, onNote }: ClientParts,
    connect: (url: string) => WrappedSocket,
    onFrame: (frame: Record<string, unknown>) => void = () => {},
  ) {
    const socket = connect(`ws://127.0.0.1:${port}`);
    socket.addEventListener('open', () => {
      this.#opens += 1;
    });
    socket.addEventListener('message', ({ data }) => {
      const frame = JSON.parse(String(data));
      onFrame(frame);
      if (frame.type === 'tick') onNote(toNote(frame));
    });
    this.#socket = socket;
  }

  get isOpen(): boolean {
    return this.#socket.readyState === OPEN;
  }

  get reconnects(): number {
    return Math.max(0, this.#opens - 1);
  }

  send(note: Note): void {
    this.#socket.send(JSON.stringify({ type: 'note', ...note }));
  }

  async close(): Promise<void> {
    this.#socket.close();
  }
}
