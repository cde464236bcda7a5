import { isDeepStrictEqual } from 'node:util';
import { sleep } from '../core/deadline.ts';
import { SlipwayError } from '../core/errors.ts';
import {
  type Cluster,
  corePath,
  deleteObject,
  deploymentPath,
  getObject,
  imageDigest,
  type KubeObject,
  patchObject,
} from '../core/kubernetes/index.ts';
import { ownDeployments, ownServices } from './canary-objects.ts';
import { type Identity, proveImage } from './identity.ts';
import type { Journal } from './journal.ts';
import { isOurs } from './names.ts';
import { raised } from './raised.ts';
import { proveRestored } from './restored.ts';
import { waitForRollout } from './rollout.ts';
import { madeByRouter, routerOf } from './routers/all.ts';
import { restoreSet } from './sets/restore.ts';
import type { RolloutState } from './state.ts';
import { targetOf, titleOf } from './target.ts';

/** How long connections may end after the last traffic was taken away, before the pods are deleted. */
export const drain = 5000;

/** A pod that ends is no endpoint any more, but data planes hear of it a moment later, and until then it still answers. */
export const follow = 2000;

export interface Restore {
  readonly signal: AbortSignal;
  readonly journal: Journal;
  /** The runner ends soon: traffic first, and no waiting for what Kubernetes does by itself. */
  readonly hurry?: boolean;
}

/**
 * Puts everything as it was before the rollout, from the state alone, so that any later run can do it too. Each part looks first
 * and does nothing twice. The old pods serve before traffic is taken from the new ones.
 *
 * @returns which image the pods of the Deployment run, or undefined when there was no time to look
 */
export async function restoreStable(
  cluster: Cluster,
  state: RolloutState,
  { signal, journal, hurry = false }: Restore,
): Promise<Identity | undefined> {
  const { workload, former } = state;
  const target = targetOf(state);
  if (former === undefined) {
    throw new SlipwayError('NOTHING_BEFORE', `${titleOf(state)}: there is no release before this one to go back to`, {
      hint: 'Deploy a release that works.',
    });
  }
  if (state.kind !== undefined) return restoreSet(cluster, state, { signal, journal, hurry });
  const path = deploymentPath(cluster.namespace, workload);
  const replaced = await journal.span(`restoring Deployment/${workload}`, () =>
    restoreDeployment(cluster, path, state, signal),
  );
  if (replaced && !hurry)
    await journal.span('waiting for the old pods', () => waitForRollout(cluster, target, { within: 180_000, signal }));
  const beside = await Promise.all(
    ownDeployments(state).map(name => getObject(cluster, deploymentPath(cluster.namespace, name), signal)),
  );
  const made = beside.filter(one => one !== undefined).filter(one => isOurs(one, workload));
  if (state.router !== undefined) {
    await refuseUnhealthyStable(cluster, path, made, signal);
    await journal.span('all traffic to the old release', () =>
      routerOf(cluster, workload, state.router!).restore(signal),
    );
  }
  if (made.length > 0) {
    if (hurry) journal.note(`Read back: ${await proveRestored(cluster, state, { signal, hurry })}.`);
    if (state.weight > 0 || (state.mirrored ?? 0) > 0) await sleep(hurry ? 1500 : drain, signal);
  }
  // a run that died between two deletions has left the others
  if (made.length > 0 || state.router !== undefined)
    await journal.span('deleting the canary', () => deleteCanary(cluster, state, signal));
  if (hurry) return undefined;
  if (replaced) await sleep(follow, signal);
  await waitForRollout(cluster, target, { within: 180_000, signal });
  journal.note(`Read back: ${await proveRestored(cluster, state, { signal, hurry })}.`);
  const digest = imageDigest(state.previous);
  return proveImage(cluster, target, state.container, state.previous, digest === '' ? [] : [digest], signal);
}

async function restoreDeployment(
  cluster: Cluster,
  path: string,
  { former }: RolloutState,
  signal: AbortSignal,
): Promise<boolean> {
  let changed = false;
  await patchObject(
    cluster,
    path,
    deployment => {
      const template = isDeepStrictEqual(deployment['spec'].template, former!.template)
        ? []
        : [{ op: 'replace' as const, path: '/spec/template', value: former!.template }];
      // lowered only after the new release was applied: until then it is an autoscaler that raised them
      const replicas =
        template.length > 0 && deployment['spec'].replicas !== former!.replicas
          ? [{ op: 'replace' as const, path: '/spec/replicas', value: former!.replicas }]
          : (raised(deployment, former!.replicas) ?? []);
      changed = template.length + replicas.length > 0;
      return [...template, ...replicas];
    },
    signal,
  );
  return changed;
}

/** The rollback must not be what causes the outage: traffic does not move from pods that serve to pods that do not. */
async function refuseUnhealthyStable(
  cluster: Cluster,
  path: string,
  beside: readonly KubeObject[],
  signal: AbortSignal,
): Promise<void> {
  const stable = await cluster.request<KubeObject>('GET', path, { signal });
  const available = (one: KubeObject): number => one['status']?.availableReplicas ?? 0;
  const fresh = beside.reduce((sum, one) => sum + available(one), 0);
  if (available(stable) === 0 && fresh > 0) {
    throw new SlipwayError(
      'STABLE_UNHEALTHY',
      `no pod of Deployment/${stable.metadata.name} is available, so the traffic was not taken from the canary, of which ${fresh} are`,
      {
        hint: 'Mend the old release (or its node), then run `mode: abort`.',
      },
    );
  }
}

export async function deleteCanary(
  cluster: Cluster,
  state: Pick<RolloutState, 'workload' | 'router' | 'strategy'>,
  signal: AbortSignal,
): Promise<void> {
  const made = [
    ...ownDeployments(state).map(name => deploymentPath(cluster.namespace, name)),
    ...ownServices(state).map(name => corePath(cluster.namespace, 'services', name)),
    ...madeByRouter(cluster, state).map(({ path }) => path),
  ];
  for (const path of made) {
    const object = await getObject(cluster, path, signal);
    if (object !== undefined && isOurs(object, state.workload)) await deleteObject(cluster, path, signal);
  }
}
