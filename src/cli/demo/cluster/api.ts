// What the cluster's page and its host say to each other. The visit lasts as long as its stream of events.

/** The stream of events: `hello` first, then `status` whenever it changes. */
export const VISIT_PATH = '/api/visit';

/** POST: answered when the action is over. */
export const actionPath = (visit: string, action: Blow): string => `${VISIT_PATH}/${visit}/${action}`;

export const nodeNames = ['A', 'B'] as const;
export type NodeName = (typeof nodeNames)[number];

/** How many clients share the room of one page. */
export const CLIENTS = 4;

/** What a visitor can do to the cluster, and to the links of the page's own clients. */
export const blows = ['killA', 'killB', 'roll', 'restart', 'wipe', 'cut'] as const;
export type Blow = (typeof blows)[number];

/** From a client, into its room: its n-th message. `from` is the client's place, from 0. */
export type Say = { readonly type: 'say'; readonly from: number; readonly n: number };
/** To all in the room, the sender too. */
export type Said = { readonly type: 'said'; readonly from: number; readonly n: number };

export interface Hello {
  readonly visit: string;
  /** The channel that the clients of this page share. */
  readonly room: string;
  /** Where each client connects to: a load balancer, behind a network that can be cut. */
  readonly urls: readonly string[];
}

export interface Status {
  readonly nodes: Readonly<Record<NodeName, 'up' | 'down'>>;
  readonly redis: 'up' | 'down';
  /** To which node the balancer has sent the connection of each client; undefined while it has none. */
  readonly places: readonly (NodeName | null)[];
}

/** How many messages each client sends in a flood. */
export const FLOOD_EACH = 250;
