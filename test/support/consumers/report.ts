/** The server as a consumer sees it, from the same process or from a page. */
export interface Victim {
  readonly url: string;
  connections(): number | Promise<number>;
  /** Answers how often it was started. */
  restart(away: number): Promise<number>;
}

/** A class that a consumer makes its sockets with. */
export type SocketClass = new (url: string | URL, protocols?: string | string[]) => WebSocket;

/** How a consumer came through the restarts. */
export interface Report {
  readonly restarts: number;
  /** What its package promises and did not keep. */
  readonly broken: readonly string[];
  /** Open at the server when all was quiet: one is its own, the rest are strays. */
  readonly connections: number;
}

export const RESTARTS = 20;
/** ms for which the server is away: several attempts fail. */
export const AWAY = 60;
/** ms for anything that is to come back. */
const PATIENCE = 20_000;

/** Waits for a promise of the consumer's, and notes it as broken if it fails or takes too long. */
export const noting =
  (broken: string[]) =>
  async (what: string, promise: Promise<unknown>): Promise<void> => {
    const late = Symbol('late');
    let timer: ReturnType<typeof setTimeout> | undefined;
    const patience = new Promise((resolve) => {
      timer = setTimeout(() => resolve(late), PATIENCE);
    });
    const end = await Promise.race([promise.catch((error: unknown) => error ?? new Error('failed')), patience]);
    clearTimeout(timer);
    if (end === late) broken.push(`${what}: nothing after ${PATIENCE} ms`);
    else if (end instanceof Error) broken.push(`${what}: ${end.message}`);
  };

/** When strays have had time to come back, how many are there? */
export const countConnections = async (server: Victim): Promise<number> => {
  await sleep(1_000);
  return server.connections();
};

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
