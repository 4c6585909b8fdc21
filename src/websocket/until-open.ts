import type { ShouldReconnect } from './options.js';

/**
 * For users that make a new socket of their own when one is lost, and drop the old one without closing it: tries until it
 * opens, and then lasts for one connection. So what they dropped does not come back beside what they made.
 */
export const untilOpen: ShouldReconnect = (_close, { opened }) => !opened;
