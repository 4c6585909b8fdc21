export type { Acceptor } from './acceptor.js';
export { type CrosswsHooks, crosswsHooks } from './hooks.js';
export { acceptPair, type PairSocket } from './pair.js';
export type { CrosswsMessage, CrosswsPeer, UpgradeRequest } from './peer.js';
