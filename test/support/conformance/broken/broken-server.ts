import type { Target } from '../../../../src/cli/conformance/target.js';
import type { ReferenceServerOptions } from '../../../../src/testing/reference-server.js';
import type { Bend } from '../bent-server.js';

/** A server that breaks the rule of one check and keeps all others. */
export interface BrokenServer {
  /** Which check must find it. */
  readonly check: string;
  /** What is wrong with it. */
  readonly fault: string;
  /** Made anew for each server, since some remember. */
  readonly bend: () => Bend;
  /** How the good server behind it is set up. */
  readonly server?: ReferenceServerOptions;
  readonly target?: Partial<Target>;
}
