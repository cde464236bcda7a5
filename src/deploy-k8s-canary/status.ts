import { SlipwayError } from '../core/errors.ts';
import {
  type Cluster,
  deploymentPath,
  getObject,
  nameOf,
  observeLease,
  workloadPath,
} from '../core/kubernetes/index.ts';
import { log } from '../core/log.ts';
import { jobsLeft } from './before/run-jobs.ts';
import { imageOf } from './containers.ts';
import { proveImage } from './identity.ts';
import { unfinishedAs, workloadOf } from './last-rollout.ts';
import { namesOf } from './names.ts';
import type { Options } from './options.ts';
import type { Outcome } from './outcome.ts';
import { progress as progressLine } from './progress.ts';
import { isComplete, progressOf } from './rollout.ts';
import { isUnfinished, type RolloutState, readState } from './state.ts';

/** `mode: status`: what is deployed, what is under way and who drives it. Reads only. */
export async function status(cluster: Cluster, options: Options, signal: AbortSignal): Promise<Outcome> {
  const target = workloadOf(options);
  const { kind, name: workload } = target;
  const [deployment, state] = await Promise.all([
    getObject(cluster, workloadPath(cluster.namespace, target), signal),
    readState(cluster, target, signal),
  ]);
  if (deployment === undefined)
    throw new SlipwayError(
      'WORKLOAD_MISSING',
      `there is no ${kind}/${workload} in ${cluster.contextName}/${cluster.namespace}`,
      { hint: 'Correct "workload", "namespace" or "context".' },
    );
  const container = state?.container ?? options.container ?? deployment['spec'].template.spec.containers[0].name;
  const image = imageOf(deployment, container);
  log.info(`${kind}/${workload} in ${cluster.contextName}/${cluster.namespace}: ${image}; ${progressOf(deployment)}`);
  if (state !== undefined)
    log.info(
      `Last rollout: ${state.image}, ${state.phase} at ${state.weight} %, by ${state.by}, begun ${state.started}${state.reason === undefined ? '' : `: ${state.reason}`}`,
    );
  const base = {
    kind,
    workload,
    release: state?.release ?? '',
    image,
    previous: state?.previous ?? '',
    changed: false,
  };
  if (isUnfinished(state)) {
    for (const line of await unfinishedLines(cluster, state, signal)) log.info(line);
    return { ...base, state: unfinishedAs[state.phase] };
  }
  const complete = isComplete(deployment);
  const identity = complete
    ? await proveImage(cluster, target, container, image, image.includes('@') ? [image.split('@')[1]!] : [], signal)
    : undefined;
  const known = state?.phase === 'rolled-back' || state?.phase === 'failed' ? state.phase : 'healthy';
  return { ...base, state: complete ? known : 'progressing', identity };
}

/** Where the traffic is, what the evidence is so far, and whether anybody drives it: a lease that is renewed has a living holder. */
async function unfinishedLines(cluster: Cluster, state: RolloutState, signal: AbortSignal): Promise<string[]> {
  const { weight, image, previous, progress, workload, mirrored = 0 } = state;
  const row = progress?.rows.at(-1);
  const { lease, alive } = await observeLease(cluster, namesOf(workload).lease, { signal });
  const fresh = state.router?.baseline === undefined ? [] : [await baselineLine(cluster, workload, signal)];
  return [
    `Up to ${weight} % of the ${state.kind === undefined ? 'traffic' : 'pods'} is on ${image}, the rest on ${previous || 'nothing, as it is the first'}.`,
    ...(mirrored > 0 ? [`${mirrored} % of users’ requests are copied to it; what it answers to them is dropped.`] : []),
    ...fresh,
    ...jobLines(state),
    ...(row === undefined ? [] : [`  ${progressLine(row)}`]),
    alive
      ? `It is driven by ${lease!.spec.holderIdentity}.`
      : 'Nobody drives it: run `mode: resume` to go on, `promote`, or `abort`.',
  ];
}

function jobLines({ progress }: RolloutState): string[] {
  const [now] = jobsLeft({ progress });
  if (now === undefined) return [];
  const { jobsDone = 0, work } = progress!;
  return [`Before its first step: ${jobsDone} of ${work.jobs!.length} Jobs have ended well; now ${nameOf(now)}.`];
}

async function baselineLine(cluster: Cluster, workload: string, signal: AbortSignal): Promise<string> {
  const { baseline } = namesOf(workload);
  const there = await getObject(cluster, deploymentPath(cluster.namespace, baseline), signal);
  const pods = there === undefined ? 'not there' : `${there['status']?.availableReplicas ?? 0} pods available`;
  return `It is compared with fresh pods of the old release, Deployment/${baseline}: ${pods}.`;
}
