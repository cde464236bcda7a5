import {
  type Cluster,
  fieldManager,
  getObject,
  isApiError,
  type KubeObject,
  serverSideApply,
  workloadPath,
} from '../core/kubernetes/index.ts';
import { log } from '../core/log.ts';
import { targetOf, titleOf } from './target.ts';
import type { RolloutPlan } from './work.ts';

/** Who holds the replicas when they are left to somebody who has not changed them yet. */
const caretaker = `${fieldManager}-replicas`;

/** Whether our apply owns `spec.replicas`: an apply without it would then set it to 1, the default. */
export function ownsReplicas(live: KubeObject | undefined): boolean {
  return (live?.metadata.managedFields ?? []).some(
    ({ manager, operation, subresource, fieldsV1 }) =>
      manager === fieldManager &&
      operation === 'Apply' &&
      subresource === undefined &&
      'f:replicas' in ((fieldsV1 as { 'f:spec'?: object } | undefined)?.['f:spec'] ?? {}),
  );
}

/**
 * The manifest with the replicas that may be applied: none where an autoscaler scales the workload, as they are its own, or where
 * the manifest says nothing of them, as they may be scaled until it is applied.
 *
 * @returns `tried` for the dry run, in which replicas that we own cannot be handed over first
 */
export function withReplicas(
  manifest: KubeObject,
  live: KubeObject | undefined,
  autoscaled: boolean,
): { readonly manifest: KubeObject; readonly tried: KubeObject } {
  if (live === undefined) return { manifest, tried: manifest };
  const { replicas: given, ...rest } = manifest['spec'];
  const kept = { ...manifest, spec: { ...rest, replicas: live['spec'].replicas } };
  if (given !== undefined && !autoscaled) return { manifest, tried: manifest };
  const without = { ...manifest, spec: rest };
  return { manifest: without, tried: ownsReplicas(live) ? kept : without };
}

/**
 * Gives replicas that our apply owns into other hands, at their present value, so that the next apply may leave them out. Whoever
 * scales the workload takes them over by changing them.
 */
export async function handOverReplicas(cluster: Cluster, path: string, signal: AbortSignal): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const live = await cluster.request<KubeObject>('GET', path, { signal });
    if (!ownsReplicas(live)) return;
    const { apiVersion, kind, metadata, spec } = live;
    const only = { apiVersion, kind, metadata: { name: metadata.name }, spec: { replicas: spec.replicas } };
    try {
      await serverSideApply(cluster, path, only, { manager: caretaker, signal });
      return;
    } catch (error) {
      if (!isApiError(error, 409) || attempt === 5) throw error; // scaled in between
    }
  }
}

/**
 * What is rolled out, without replicas that somebody else has set since it was planned: these are his, and stay. Who had set other
 * ones before is found by the plan (APPLY_CONFLICT).
 */
export async function withoutTheirReplicas(
  cluster: Cluster,
  situation: RolloutPlan['situation'],
  signal: AbortSignal,
): Promise<RolloutPlan['situation']> {
  const { manifest } = situation;
  const { replicas, ...rest } = manifest?.['spec'] ?? {};
  if (manifest === undefined || replicas === undefined) return situation;
  const live = await getObject(cluster, workloadPath(cluster.namespace, targetOf(situation)), signal);
  const by = scaledBy(live);
  if (by === undefined || live?.['spec'].replicas === replicas) return situation;
  log.info(`  ${titleOf(situation)}: ${by} has set ${live?.['spec'].replicas} replicas meanwhile; they stay`);
  return { ...situation, manifest: { ...manifest, spec: rest } };
}

/** Who else than we has set the replicas. */
function scaledBy(live: KubeObject | undefined): string | undefined {
  return (live?.metadata.managedFields ?? []).find(
    ({ manager, fieldsV1 }) =>
      manager !== fieldManager &&
      manager !== caretaker &&
      'f:replicas' in ((fieldsV1 as { 'f:spec'?: object } | undefined)?.['f:spec'] ?? {}),
  )?.manager;
}
