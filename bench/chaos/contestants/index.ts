import type { Contestant } from '../contestant.js';
import { naive } from './naive.js';
import { reliableContestants } from './reliable.js';
import { socketIo } from './socket-io.js';
import { wrappers } from './wrappers.js';

export const peers: readonly Contestant[] = [naive, ...wrappers, socketIo];
export { reliableContestants };
