import type { SlipwayError } from '../core/errors.ts';
import type { Span } from '../core/summary.ts';

export type HostState = 'healthy' | 'unchanged' | 'rolled-back' | 'failed' | 'unreachable' | 'not-begun' | 'removed';

/** How a deployment ended on one host. */
export interface Outcome {
  /** `user@host:port`. */
  readonly place: string;
  readonly state: HostState;
  /** The release that was to be served; empty where the host was not reached. */
  readonly release: string;
  /** The release before; empty at a first deploy. */
  readonly previous: string;
  /** What serves now; empty when nothing does, undefined when that is not known. */
  readonly serving: string | undefined;
  /** sha256 of the release's binary. */
  readonly binary: string | undefined;
  /** Its image, with its digest, where it is a container. */
  readonly image?: string | undefined;
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

const byGravity: readonly HostState[] = [
  'failed',
  'unreachable',
  'rolled-back',
  'not-begun',
  'removed',
  'healthy',
  'unchanged',
];

/** The state of the whole run. */
export function worst(outcomes: readonly Outcome[]): HostState {
  return byGravity.find(state => outcomes.some(one => one.state === state)) ?? 'failed';
}

/** A host that nothing was done on: left as it was, or not reached. */
export function untouched(
  state: 'unreachable' | 'not-begun' | 'failed',
  host: { readonly place: string; readonly release: string; readonly previous: string; readonly binary?: string },
  reason: string,
  error?: SlipwayError,
): Outcome {
  const now = Date.now();
  return {
    place: host.place,
    state,
    release: host.release,
    previous: host.previous,
    serving: state === 'unreachable' ? undefined : host.previous,
    binary: host.binary,
    changed: false,
    started: now,
    ended: now,
    spans: [],
    evidence: { reason },
    ...(error === undefined ? {} : { error }),
  };
}
