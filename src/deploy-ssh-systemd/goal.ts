import type { Ports } from './blue-green/ports.ts';
import type { Candidate } from './candidate.ts';

/** What is to be served: a release to make, one that is on the host (rollback), or the present one, anew (restart). */
export interface Goal {
  readonly kind: 'deploy' | 'rollback' | 'restart';
  readonly id: string;
  readonly sha256: string;
  /** Whether a timer starts it, and it does not stay up. */
  readonly isJob: boolean;
  /** With its digest, where it is a container. */
  readonly image?: string | undefined;
  /** Where it has two instances, which take turns. */
  readonly ports?: Ports | undefined;
  readonly candidate?: Candidate;
}
