import { SlipwayError } from '../core/errors.ts';
import type { Cluster, WorkloadName } from '../core/kubernetes/index.ts';
import type { Options } from './options.ts';
import type { Outcome } from './outcome.ts';
import { type RolloutState, readState, type UnfinishedPhase } from './state.ts';

export function workloadOf({ workload }: Options): WorkloadName {
  if (workload !== undefined) return workload;
  throw new SlipwayError('WORKLOAD_MISSING', 'this mode needs the input "workload"', {
    hint: 'Name it: workload: deployment/NAME. Nothing was changed.',
  });
}

/** The state of the last rollout; without one there is nothing that a mode could be about. */
export async function lastRollout(
  cluster: Cluster,
  workload: WorkloadName,
  signal: AbortSignal,
): Promise<RolloutState> {
  const state = await readState(cluster, workload, signal);
  return state ?? neverAny(cluster, workload);
}

export function neverAny(cluster: Cluster, { kind, name }: WorkloadName): never {
  throw new SlipwayError(
    'NO_ROLLOUT',
    `nothing was ever rolled out to ${kind}/${name} in ${cluster.contextName}/${cluster.namespace} by this action`,
    { hint: 'Correct "workload", "namespace" or "context"; nothing was changed.' },
  );
}

/** What an outcome says of a rollout: what is on now, and what was. */
export function ended(state: RolloutState, as: Outcome['state']): Outcome {
  return {
    state: as,
    kind: state.kind ?? 'Deployment',
    workload: state.workload,
    release: state.release,
    image: state.image,
    previous: state.previous,
    changed: false,
  };
}

/** What it says where nothing was done: of a rollout that was taken back the release before it serves. */
export function unchangedSince(state: RolloutState): Outcome {
  const outcome = ended(state, 'unchanged');
  return state.phase === 'rolled-back'
    ? { ...outcome, image: state.previous, release: state.previousRelease }
    : outcome;
}

/** What it says of one that is left at its weight. */
export function leftAt(state: RolloutState & { readonly phase: UnfinishedPhase }): Outcome {
  return ended(state, unfinishedAs[state.phase]);
}

export const unfinishedAs: Record<UnfinishedPhase, Outcome['state']> = {
  progressing: 'progressing',
  promoting: 'progressing',
  'rolling-back': 'progressing',
  paused: 'paused',
  inconclusive: 'inconclusive',
};
