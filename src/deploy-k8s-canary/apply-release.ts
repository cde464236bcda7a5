import { isDeepStrictEqual } from 'node:util';
import { SlipwayError } from '../core/errors.ts';
import {
  type Cluster,
  type KubeObject,
  type PatchOperation,
  patchObject,
  pointer,
  serverSideApply,
  workloadPath,
} from '../core/kubernetes/index.ts';
import { imageOf } from './containers.ts';
import { handOverReplicas, withoutTheirReplicas } from './replicas.ts';
import type { Situation } from './situation.ts';
import { targetOf, titleOf } from './target.ts';
import type { RolloutPlan } from './work.ts';

/** Applies what the manifests say besides the workload: what the new pods may need. */
export async function applyOthers(
  cluster: Cluster,
  { planned, manifest }: Situation,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const applied: string[] = [];
  for (const { object, path, change } of planned) {
    if (object === manifest || change === 'unchanged') continue;
    await serverSideApply(cluster, path, object, { signal });
    applied.push(`${object.kind}/${object.metadata.name}`);
  }
  return applied;
}

/**
 * Gives the workload itself the new release: its manifest, or only the fields of its template that the release changes.
 *
 * @param updateStrategy in the same write: which pods of a StatefulSet or DaemonSet are replaced
 */
export async function applyWorkload(
  cluster: Cluster,
  planned: RolloutPlan['situation'],
  signal: AbortSignal,
  updateStrategy?: object,
): Promise<void> {
  const situation = await withoutTheirReplicas(cluster, planned, signal);
  const { live } = situation;
  const path = workloadPath(cluster.namespace, targetOf(situation));
  if (situation.manifest === undefined) {
    await patchObject(
      cluster,
      path,
      now => [...strategyPatch(now, updateStrategy), ...(templatePatch(situation, now) ?? [])],
      signal,
    );
    return;
  }
  const manifest = withStrategy(situation.manifest, updateStrategy);
  if (manifest['spec'].replicas === undefined && live !== undefined) await handOverReplicas(cluster, path, signal);
  await serverSideApply(cluster, path, manifest, { signal });
}

function withStrategy(manifest: KubeObject, updateStrategy: object | undefined): KubeObject {
  return updateStrategy === undefined ? manifest : { ...manifest, spec: { ...manifest['spec'], updateStrategy } };
}

export function strategyPatch({ spec }: KubeObject, updateStrategy: object | undefined): PatchOperation[] {
  if (updateStrategy === undefined || isDeepStrictEqual(spec.updateStrategy, updateStrategy)) return [];
  return [{ op: 'replace', path: '/spec/updateStrategy', value: updateStrategy }];
}

/** Each field is tested to be what it was when the release was planned: what somebody else changed meanwhile is not overwritten. */
function templatePatch(situation: RolloutPlan['situation'], now: KubeObject): PatchOperation[] | undefined {
  const { container, image, previous, live, desired } = situation;
  const wanted = desired['spec'].template;
  if (isDeepStrictEqual(now['spec'].template, wanted)) return undefined;
  const found = imageOf(now, container);
  if (found !== previous && found !== image) {
    throw new SlipwayError(
      'WORKLOAD_EDITED',
      `${titleOf(situation)}: somebody else set the image of ${container} to ${found} in the meantime`,
      { hint: 'Run again when nobody else deploys this workload.' },
    );
  }
  return leavesThatDiffer(live!['spec'].template, wanted).flatMap(({ path, before, after }): PatchOperation[] => {
    const at = pointer('spec', 'template', ...path);
    return [
      { op: 'test', path: at, value: before },
      { op: 'replace', path: at, value: after },
    ];
  });
}

/** An image or the name of a ConfigMap takes another's place: both templates have the same shape. */
function leavesThatDiffer(before: unknown, after: unknown, path: readonly string[] = []): Leaf[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (before === null || typeof before !== 'object') return [{ path, before, after }];
  return Object.entries(before).flatMap(([key, value]) =>
    leavesThatDiffer(value, (after as Record<string, unknown>)[key], [...path, key]),
  );
}

interface Leaf {
  readonly path: readonly string[];
  readonly before: unknown;
  readonly after: unknown;
}
