import type { RedisLink } from './link.js';

/** A node that has not shown itself for so many ms counts as dead. */
const DEAD_AFTER = 10_000;
const SHOW_EVERY = 2_500;

/** Shows the other nodes that this one is alive, and knows which of them are. */
export interface NodeSign {
  readonly name: string;
  /** Shows it for the first time, and from then on. */
  show(): Promise<void>;
  isAlive(node: string): Promise<boolean>;
  close(): void;
}

/** @param also Is done each time, by the way. */
export const createNodeSign = (link: RedisLink, prefix: string, also: () => void): NodeSign => {
  const name = crypto.randomUUID();
  let clock: ReturnType<typeof setInterval> | undefined;
  let shown: Promise<unknown> | undefined;
  const keyOf = (node: string): string => `${prefix}node:${node}`;
  const show = (): Promise<unknown> => link.command('SET', keyOf(name), '1', 'PX', DEAD_AFTER);
  return {
    name,
    async show() {
      clock ??= setInterval(() => {
        show().catch(() => {});
        also();
      }, SHOW_EVERY).unref();
      shown ??= show();
      await shown;
    },
    isAlive: async (node) => (await link.command('EXISTS', keyOf(node))) === 1,
    close: () => clearInterval(clock),
  };
};
