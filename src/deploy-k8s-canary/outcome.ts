import type { SlipwayError } from '../core/errors.ts';
import type { WorkloadKind } from '../core/kubernetes/index.ts';
import type { deploymentStates } from '../core/record/schema.ts';
import type { Identity } from './identity.ts';

export type DeploymentState = (typeof deploymentStates)[number];

/** How a run ended; `error` is thrown after everything has been written down. */
export interface Outcome {
  readonly state: DeploymentState;
  readonly kind: WorkloadKind;
  readonly workload: string;
  readonly release: string;
  /** What was to be deployed, and what ran before. */
  readonly image: string;
  readonly previous: string;
  /** Whether something else serves now than before. */
  readonly changed: boolean;
  readonly identity?: Identity | undefined;
  readonly error?: SlipwayError;
  /** Events and log lines of the failure. */
  readonly lines?: readonly string[];
}
