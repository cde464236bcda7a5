import { isDeepStrictEqual } from 'node:util';
import { SlipwayError } from '../core/errors.ts';
import {
  type Cluster,
  deploymentPath,
  type KubeObject,
  type PatchOperation,
  patchObject,
  pointer,
  serverSideApply,
} from '../core/kubernetes/index.ts';
import { imageOf } from './containers.ts';
import { handOverReplicas } from './replicas.ts';
import type { Situation } from './situation.ts';
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

/** Gives the workload itself the new release: its manifest, or only the fields of its template that the release changes. */
export async function applyWorkload(
  cluster: Cluster,
  situation: RolloutPlan['situation'],
  signal: AbortSignal,
): Promise<void> {
  const { manifest, workload, live } = situation;
  const path = deploymentPath(cluster.namespace, workload);
  if (manifest === undefined) {
    await patchObject(cluster, path, deployment => templatePatch(situation, deployment), signal);
    return;
  }
  if (manifest['spec'].replicas === undefined && live !== undefined) await handOverReplicas(cluster, path, signal);
  await serverSideApply(cluster, path, manifest, { signal });
}

/** Each field is tested to be what it was when the release was planned: what somebody else changed meanwhile is not overwritten. */
function templatePatch(
  { workload, container, image, previous, live, desired }: RolloutPlan['situation'],
  now: KubeObject,
): PatchOperation[] | undefined {
  const wanted = desired['spec'].template;
  if (isDeepStrictEqual(now['spec'].template, wanted)) return undefined;
  const found = imageOf(now, container);
  if (found !== previous && found !== image) {
    throw new SlipwayError(
      'WORKLOAD_EDITED',
      `Deployment/${workload}: somebody else set the image of ${container} to ${found} in the meantime`,
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
