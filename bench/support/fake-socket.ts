import type { WebSocketLike } from '../../src/index.js';

/** A WebSocket without a network: it opens at once and forgets what is sent. */
export class FakeSocket implements WebSocketLike {
  /** The one that was made last. */
  static latest: FakeSocket | undefined;
  readyState = 0;
  readonly bufferedAmount = 0;
  binaryType = '';
  onopen: ((event: never) => void) | null = null;
  onmessage: ((event: never) => void) | null = null;
  onerror: ((event: never) => void) | null = null;
  onclose: ((event: never) => void) | null = null;

  constructor() {
    FakeSocket.latest = this;
    queueMicrotask(() => this.open());
  }

  send(_data: unknown): void {}

  close(): void {}

  /** A frame from the server. */
  receive(data: string): void {
    // Safe: a listener takes the event of a message.
    this.onmessage?.({ data } as never);
  }

  protected open(): void {
    this.readyState = 1;
    this.onopen?.({} as never);
  }
}

/** Acks each message before `send` returns. Its id must be the last field, so that nothing has to be parsed here. */
export class AckingSocket extends FakeSocket {
  override send(data: string): void {
    const id = data.lastIndexOf('"messageId"');
    if (id >= 0) this.receive(`{"type":"ack",${data.slice(id)}`);
  }
}

/** Never opens. */
export class OfflineSocket extends FakeSocket {
  protected override open(): void {}
}
