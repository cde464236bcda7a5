import { SlipwayError } from '../core/errors.ts';
import type { Cluster } from '../core/kubernetes/index.ts';
import type { Options } from './options.ts';
import type { Outcome } from './outcome.ts';
import { type RolloutState, readState } from './state.ts';

export function workloadOf({ workload }: Options): string {
  if (workload !== undefined) return workload.name;
  throw new SlipwayError('WORKLOAD_MISSING', 'this mode needs the input "workload"', {
    hint: 'Name the Deployment: workload: deployment/NAME. Nothing was changed.',
  });
}

/** The state of the last rollout; without one there is nothing that a mode could be about. */
export async function lastRollout(cluster: Cluster, workload: string, signal: AbortSignal): Promise<RolloutState> {
  const state = await readState(cluster, workload, signal);
  return state ?? neverAny(cluster, workload);
}

export function neverAny(cluster: Cluster, workload: string): never {
  throw new SlipwayError(
    'NO_ROLLOUT',
    `nothing was ever rolled out to Deployment/${workload} in ${cluster.contextName}/${cluster.namespace} by this action`,
    { hint: 'Correct "workload", "namespace" or "context"; nothing was changed.' },
  );
}

/** What an outcome says of a rollout: what is on now, and what was. */
export function ended(state: RolloutState, as: Outcome['state']): Outcome {
  return {
    state: as,
    workload: state.workload,
    release: state.release,
    image: state.image,
    previous: state.previous,
    changed: false,
  };
}
