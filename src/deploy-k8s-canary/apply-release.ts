import { SlipwayError } from '../core/errors.ts';
import { type Cluster, deploymentPath, patchObject, pointer, serverSideApply } from '../core/kubernetes/index.ts';
import { containersOf } from './containers.ts';
import type { Situation } from './situation.ts';

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

/** Gives the workload itself the new release: its manifest, or only the image of its container. */
export async function applyWorkload(cluster: Cluster, situation: Situation, signal: AbortSignal): Promise<void> {
  const { manifest, workload, container, image, previous } = situation;
  const path = deploymentPath(cluster.namespace, workload);
  if (manifest !== undefined) {
    await serverSideApply(cluster, path, manifest, { signal });
    return;
  }
  await patchObject(
    cluster,
    path,
    deployment => {
      const index = containersOf(deployment).findIndex(({ name }) => name === container);
      const now = containersOf(deployment)[index]?.image;
      if (now === image) return undefined;
      if (now !== previous) {
        throw new SlipwayError(
          'WORKLOAD_EDITED',
          `Deployment/${workload}: somebody else set the image of ${container} to ${now} in the meantime`,
          { hint: 'Run again when nobody else deploys this workload.' },
        );
      }
      const at = pointer('spec', 'template', 'spec', 'containers', index);
      return [
        { op: 'test', path: `${at}/name`, value: container },
        { op: 'replace', path: `${at}/image`, value: image },
      ];
    },
    signal,
  );
}
