import { acks } from './acks.js';
import { auth } from './auth.js';
import type { BrokenServer } from './broken-server.js';
import { channels } from './channels.js';
import { epoch } from './epoch.js';
import { goaway } from './goaway.js';
import { idempotency } from './idempotency.js';
import { liveness } from './liveness.js';
import { resume } from './resume.js';
import { streams } from './streams.js';

/** At least one for each check. */
export const brokenServers: readonly BrokenServer[] = [
  ...liveness,
  ...resume,
  ...epoch,
  ...channels,
  ...streams,
  ...acks,
  ...idempotency,
  ...auth,
  ...goaway,
];
