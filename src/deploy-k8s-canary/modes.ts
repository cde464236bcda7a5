import { deadline } from '../core/deadline.ts';
import { SlipwayError } from '../core/errors.ts';
import {
  type Cluster,
  deploymentPath,
  getObject,
  type HeldLease,
  holderOf,
  leasePath,
} from '../core/kubernetes/index.ts';
import { log } from '../core/log.ts';
import { imageOf } from './containers.ts';
import { lock } from './deploy.ts';
import { proveImage } from './identity.ts';
import type { Journal } from './journal.ts';
import { namesOf } from './names.ts';
import type { Options } from './options.ts';
import type { Outcome } from './outcome.ts';
import { recover } from './recover.ts';
import { restoreStable } from './rollback.ts';
import { isComplete, progressOf } from './rollout.ts';
import { isUnfinished, type RolloutState, readState, writeState } from './state.ts';

/** `mode: abort`: an unfinished rollout is ended, all traffic on the old release. Nothing unfinished is no error. */
export function abort(cluster: Cluster, options: Options, journal: Journal, signal: AbortSignal): Promise<Outcome> {
  const nothingToDo = (state: RolloutState) =>
    isUnfinished(state)
      ? undefined
      : `Nothing to abort: the last rollout of Deployment/${state.workload} ended ${state.phase}.`;
  return alone(cluster, options, nothingToDo, signal, (state, lease, signal) =>
    endUnfinished(cluster, state, lease, { signal, journal }),
  );
}

/** `mode: rollback`: the release before the last one that was deployed; an unfinished rollout is aborted. */
export function rollback(cluster: Cluster, options: Options, journal: Journal, signal: AbortSignal): Promise<Outcome> {
  const nothingToDo = ({ phase, workload, previous }: RolloutState) =>
    phase === 'rolled-back'
      ? `Nothing to do: Deployment/${workload} was rolled back already and runs ${previous}.`
      : undefined;
  return alone(cluster, options, nothingToDo, signal, async (state, lease, limited) => {
    if (isUnfinished(state)) return endUnfinished(cluster, state, lease, { signal: limited, journal });
    const { router: _, ...rest } = state;
    const identity = await restoreStable(cluster, rest, { signal: limited, journal });
    await writeState(cluster, { ...rest, phase: 'rolled-back', weight: 0, reason: 'mode: rollback' }, limited);
    return { ...ended(rest, 'rolled-back'), identity, changed: true };
  });
}

async function endUnfinished(
  cluster: Cluster,
  state: RolloutState,
  { expiredHolder }: HeldLease,
  means: { readonly signal: AbortSignal; readonly journal: Journal },
): Promise<Outcome> {
  const identity = await recover(cluster, state, expiredHolder, means);
  return { ...ended(state, state.former === undefined ? 'failed' : 'rolled-back'), identity, changed: true };
}

/**
 * Does something to the last rollout, with the lease. What there is to do is asked again when nobody else can change it any
 * more: a run that has ended in between may have promoted its release.
 */
async function alone(
  cluster: Cluster,
  options: Options,
  nothingToDo: (state: RolloutState) => string | undefined,
  signal: AbortSignal,
  task: (state: RolloutState, lease: HeldLease, limited: AbortSignal) => Promise<Outcome>,
): Promise<Outcome> {
  const workload = workloadOf(options);
  const unchanged = (state: RolloutState): Outcome | undefined => {
    const said = nothingToDo(state);
    if (said === undefined) return undefined;
    log.info(said);
    return ended(state, 'unchanged');
  };
  const before = unchanged(await stateOf(cluster, workload, signal));
  if (before !== undefined) return before;
  const lease = await lock(cluster, workload, options, signal);
  try {
    using limited = deadline(options.timeout, `mode: ${options.mode}`, AbortSignal.any([signal, lease.lost]));
    const state = await stateOf(cluster, workload, limited);
    return unchanged(state) ?? (await task(state, lease, limited));
  } finally {
    await lease.release();
  }
}

/** `mode: status`: what is deployed, what is under way and who drives it. Reads only. */
export async function status(cluster: Cluster, options: Options, signal: AbortSignal): Promise<Outcome> {
  const workload = workloadOf(options);
  const names = namesOf(workload);
  const [deployment, state, lease] = await Promise.all([
    getObject(cluster, deploymentPath(cluster.namespace, workload), signal),
    readState(cluster, workload, signal),
    getObject(cluster, `${leasePath(cluster.namespace)}/${names.lease}`, signal),
  ]);
  if (deployment === undefined)
    throw new SlipwayError(
      'WORKLOAD_MISSING',
      `there is no Deployment/${workload} in ${cluster.contextName}/${cluster.namespace}`,
      { hint: 'Correct "workload", "namespace" or "context".' },
    );
  const container = state?.container ?? options.container ?? deployment['spec'].template.spec.containers[0].name;
  const image = imageOf(deployment, container);
  const holder = lease && holderOf(lease);
  const driven = holder !== undefined && holder.until > Date.now();
  log.info(
    `Deployment/${workload} in ${cluster.contextName}/${cluster.namespace}: ${image}; ${progressOf(deployment)}`,
  );
  if (state !== undefined)
    log.info(
      `Last rollout: ${state.image}, ${state.phase} at ${state.weight} %, by ${state.by}, begun ${state.started}${state.reason === undefined ? '' : `: ${state.reason}`}`,
    );
  if (isUnfinished(state))
    log.info(driven ? `It is driven by ${holder.holder}.` : 'Nobody drives it: run `mode: abort`, or deploy again.');
  const base = { workload, release: state?.release ?? '', image, previous: state?.previous ?? '', changed: false };
  if (isUnfinished(state)) return { ...base, state: state.phase === 'inconclusive' ? 'inconclusive' : 'progressing' };
  const complete = isComplete(deployment);
  const identity = complete
    ? await proveImage(cluster, workload, container, image, image.includes('@') ? [image.split('@')[1]!] : [], signal)
    : undefined;
  const known = state?.phase === 'rolled-back' || state?.phase === 'failed' ? state.phase : 'healthy';
  return { ...base, state: complete ? known : 'progressing', identity };
}

function workloadOf({ workload }: Options): string {
  if (workload !== undefined) return workload.name;
  throw new SlipwayError('WORKLOAD_MISSING', 'this mode needs the input "workload"', {
    hint: 'Name the Deployment: workload: deployment/NAME.',
  });
}

async function stateOf(cluster: Cluster, workload: string, signal: AbortSignal): Promise<RolloutState> {
  const state = await readState(cluster, workload, signal);
  if (state !== undefined) return state;
  throw new SlipwayError(
    'NO_ROLLOUT',
    `nothing was ever rolled out to Deployment/${workload} in ${cluster.contextName}/${cluster.namespace} by this action`,
    { hint: 'Correct "workload", "namespace" or "context"; nothing was changed.' },
  );
}

/** What an outcome says of a rollout: what is on now, and what was. */
function ended(state: RolloutState, as: Outcome['state']): Outcome {
  return {
    state: as,
    workload: state.workload,
    release: state.release,
    image: state.image,
    previous: state.previous,
    changed: false,
  };
}
