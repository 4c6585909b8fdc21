import type { RedisLink } from './link.js';

/** A living node shows itself so many times before it would count as dead. */
const SHOWS = 4;

/** Shows the other nodes that this one is alive, and knows which of them are. */
export interface NodeSign {
  readonly name: string;
  /** Shows it for the first time, and from then on. */
  show(): Promise<void>;
  isAlive(node: string): Promise<boolean>;
  close(): void;
}

/** @param also Is done each time, by the way. */
export const createNodeSign = (link: RedisLink, prefix: string, deadAfter: number, also: () => void): NodeSign => {
  const name = crypto.randomUUID();
  let clock: ReturnType<typeof setInterval> | undefined;
  let shown: Promise<unknown> | undefined;
  const keyOf = (node: string): string => `${prefix}node:${node}`;
  const show = (): Promise<unknown> => link.command('SET', keyOf(name), '1', 'PX', deadAfter);
  return {
    name,
    async show() {
      clock ??= setInterval(() => {
        show().catch(() => {});
        also();
      }, deadAfter / SHOWS).unref();
      shown ??= show();
      await shown;
    },
    isAlive: async (node) => (await link.command('EXISTS', keyOf(node))) === 1,
    close: () => clearInterval(clock),
  };
};
