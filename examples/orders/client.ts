import { queue, ReliableSocket, type ReliableSocketOptions } from 'reliable-socket';

type Order = { type: 'order'; sku: string };
type Options = Pick<ReliableSocketOptions<never, Order>, 'WebSocket' | 'backoff'>;

/** The id is made with the cart, not with the click: however often it is ordered, it is one order. */
export interface Cart {
  readonly id: string;
  readonly sku: string;
}

export interface Confirmation {
  readonly number: number;
}

export class Shop {
  readonly #socket: ReliableSocket<never, Order>;
  readonly #underWay = new Map<string, Promise<Confirmation>>();

  constructor(url: string, options: Options = {}) {
    this.#socket = new ReliableSocket<never, Order>(url, {
      ...options,
      // An order must not be pushed out by newer ones: with a full queue the user hears it at once.
      policies: { order: queue({ ack: 'message', overflow: 'reject' }) },
    });
  }

  /**
   * Orders the cart once. While that is under way, a second click gets the same promise. If the answer is lost with the
   * link, the order is sent again with the same id, and the server answers what it answered first.
   *
   * Rejects with a ReliableSocketError. After `outcome-unknown` call it again with the same cart: it is still one order.
   */
  order(cart: Cart): Promise<Confirmation> {
    const known = this.#underWay.get(cart.id);
    if (known !== undefined) return known;
    const asked = this.#socket
      // The confirmation is what our server says, see server.ts.
      .request<Confirmation>({ type: 'order', sku: cart.sku }, { id: cart.id })
      .finally(() => this.#underWay.delete(cart.id));
    this.#underWay.set(cart.id, asked);
    return asked;
  }

  close(): Promise<void> {
    return this.#socket.close();
  }
}
