import { SlipwayError } from '../../core/errors.ts';
import { type Cluster, deploymentPath } from '../../core/kubernetes/index.ts';
import { log } from '../../core/log.ts';
import { unchanged } from '../deploy.ts';
import { proveImage } from '../identity.ts';
import type { Journal } from '../journal.ts';
import type { Options } from '../options.ts';
import type { Outcome } from '../outcome.ts';
import { preflight } from '../preflight.ts';
import { waitForRollout } from '../rollout.ts';
import { isUnfinished, type RolloutState } from '../state.ts';
import { targetOf, titleOf } from '../target.ts';
import { commitImage, followImage } from './change-workload.ts';

/**
 * `mode: render` without `push`: one commit that is ready to be pushed or reviewed, and nothing is written to the cluster. When the
 * manifests have the image already, because it was merged, the run waits for the cluster to follow.
 */
export async function commitOnly(
  cluster: Cluster,
  options: Options,
  journal: Journal,
  signal: AbortSignal,
): Promise<Outcome> {
  const rendered = options.rendered!;
  const plan = await journal.span('preflight', () => preflight(cluster, { ...options, strategy: 'rolling' }, signal));
  refuseUnfinished(plan.situation.state);
  if (plan.kind === 'unchanged') return unchanged(cluster, plan, options, signal);
  for (const note of plan.findings.notes) journal.note(note);
  const { workload, container, image, previous } = plan.situation;
  const target = targetOf(plan.situation);
  const base = { kind: target.kind, workload, release: options.releaseId || image, image, previous };
  if (await commitImage(cluster, rendered, container, image, signal)) {
    journal.note('The commit is ready to be pushed; the cluster follows then. Run again to wait for that.');
    return { ...base, state: 'progressing', changed: false };
  }
  await journal.span('waiting for the cluster to follow', () =>
    followImage(cluster, deploymentPath(cluster.namespace, workload), rendered, container, image, signal),
  );
  await waitForRollout(cluster, target, {
    within: options.timeout,
    signal,
    onProgress: line => log.info(`  ${line}`),
  });
  const identity = await proveImage(cluster, target, container, image, options.digests, signal);
  return { ...base, state: 'healthy', changed: true, identity };
}

/** Its weights may be in git, and its canary in the cluster: a digest on top of that would be nobody's rollout. */
function refuseUnfinished(state: RolloutState | undefined): void {
  if (!isUnfinished(state)) return;
  throw new SlipwayError(
    'UNFINISHED',
    `the rollout of ${state.image} to ${titleOf(state)} is unfinished: ${state.phase} at ${state.weight} %`,
    { hint: 'Run `mode: resume`, `promote` or `abort` first, with push: true. Nothing was changed.' },
  );
}
