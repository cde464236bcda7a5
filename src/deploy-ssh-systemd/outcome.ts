import type { SlipwayError } from '../core/errors.ts';
import type { Span } from '../core/summary.ts';

export type HostState = 'healthy' | 'unchanged' | 'rolled-back' | 'failed';

/** How a deployment ended on one host. */
export interface Outcome {
  /** `user@host:port`. */
  readonly place: string;
  readonly state: HostState;
  /** The release that was to be served. */
  readonly release: string;
  /** The release before; empty at a first deploy. */
  readonly previous: string;
  /** What serves now; empty when nothing does, undefined when that is not known. */
  readonly serving: string | undefined;
  /** sha256 of the release's binary. */
  readonly binary: string | undefined;
  /** Whether anything was switched, if only to and fro. */
  readonly changed: boolean;
  /** Milliseconds since the epoch. */
  readonly started: number;
  readonly ended: number;
  readonly spans: readonly Span[];
  /** Goes into the record as it is. */
  readonly evidence: Readonly<Record<string, unknown>>;
  /** Last lines of the service's journal, when it failed; secrets are masked. */
  readonly journal?: string;
  readonly error?: SlipwayError;
}
