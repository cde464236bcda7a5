import type { Bucket, Observation } from '../core/health/index.ts';

/** One thing that was looked at, and what came of it: a line of the table, of the report, of the record. */
export interface Finding {
  /**
   * `check`: an endpoint. `reported`: what an endpoint says it is. `identity`: what runs. `objective`: what its users saw.
   * `record`: the chain on paper. `attestation`: who signed what was built.
   */
  readonly kind: 'check' | 'reported' | 'identity' | 'objective' | 'record' | 'attestation';
  readonly name: string;
  readonly verdict: 'passed' | 'failed' | 'inconclusive';
  /** A check that only warns did not pass: `reason` says why, and the verdict counts it as passed. */
  readonly warned?: true;
  /** Stable code; present unless passed, or where it warns. */
  readonly reason?: string;
  /** One line for a person; secrets are masked. */
  readonly detail: string;
  /** Milliseconds since the epoch. */
  readonly started: number;
  readonly ended: number;
  readonly attempts?: number;
  readonly failures?: number;
  /** Milliseconds from the start to the first healthy answer. */
  readonly firstSuccess?: number;
  /** Milliseconds. */
  readonly latency?: { readonly p50?: number; readonly p95?: number; readonly p99?: number };
  /** What was seen, for machines. */
  readonly evidence?: Readonly<Record<string, unknown>>;
  /** Attempts over time. */
  readonly series?: readonly Bucket[];
  /** What the service itself wrote last, where its place is known and something is wrong. */
  readonly journal?: readonly string[];
  /** The last failed attempt of an endpoint. */
  readonly failure?: Observation;
}

/** How sure it is that what runs is what was built. */
export type Identity = 'proven' | 'reported' | 'unknown';

export interface Verdict {
  readonly verdict: 'verified' | 'failed' | 'inconclusive';
  readonly identity: Identity;
  /** Codes of what keeps it from being verified, each once. */
  readonly reasons: readonly string[];
}
