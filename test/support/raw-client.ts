import { type ClientOptions, WebSocket } from 'ws';
import { until } from './until.js';

type Frame = Record<string, unknown> & { type: string };

/** A bare `ws` client which writes down what it sees: to test servers and proxies without a client of ours. */
export class RawClient {
  readonly socket: WebSocket;
  readonly frames: Frame[] = [];
  /** Set once the connection has ended or failed. */
  closed: { code: number; reason: string } | undefined;
  readonly errors: string[] = [];

  constructor(url: string, protocols: string[] = [], options: ClientOptions = {}) {
    this.socket = new WebSocket(url, protocols, options);
    this.socket.on('message', (data) => this.frames.push(JSON.parse(String(data))));
    this.socket.on('error', (error) => this.errors.push(error.message));
    this.socket.on('close', (code, reason) => {
      this.closed = { code, reason: String(reason) };
    });
  }

  get isOpen(): boolean {
    return this.socket.readyState === WebSocket.OPEN;
  }

  send(frame: object | string): void {
    this.socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  }

  /** The frames of one type so far. */
  all(type: string): Frame[] {
    return this.frames.filter((frame) => frame.type === type);
  }

  opened(): Promise<void> {
    return until(() => this.isOpen, { message: 'the connection is open' });
  }

  gone(): Promise<void> {
    return until(() => this.closed !== undefined, { message: 'the connection has ended' });
  }

  /** Waits for the n-th frame of a type and returns it. */
  async frame(type: string, count: number = 1): Promise<Frame> {
    await until(() => this.all(type).length >= count, { message: `${count} frames of type ${type}` });
    return this.all(type)[count - 1]!;
  }

  /** Waits until the server has read all that was sent, and has sent all that it had to say to it. */
  async settled(): Promise<void> {
    const t = `settled-${this.all('pong').length}`;
    this.send({ type: 'ping', t });
    await until(() => this.all('pong').some((pong) => pong.t === t), { message: 'the pong came' });
  }
}
