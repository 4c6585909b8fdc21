import type { ClientFrame } from '../../protocol/server-frames.js';

interface Waiting {
  readonly frame: ClientFrame;
  readonly bytes: number;
}

/** Frames that came before the connection was open, in order. */
export class Early {
  readonly frames: Waiting[] = [];
  bytes = 0;

  /** The connection may yet be turned away with it, so no pong speaks for it. */
  get hasMessage(): boolean {
    return this.frames.some(({ frame }) => frame.kind === 'message');
  }

  add(frame: ClientFrame, bytes: number): void {
    this.frames.push({ frame, bytes });
    this.bytes += bytes;
  }
}
