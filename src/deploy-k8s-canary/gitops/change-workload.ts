import type { Cluster, KubeObject, PatchOperation } from '../../core/kubernetes/index.ts';
import { chooseContainer, imageOf } from '../containers.ts';
import { follow } from './follow.ts';
import { findImage } from './image-text.ts';
import { messageOf } from './message.ts';
import type { Rendering } from './through-git.ts';

/** Writes the image that a patch of the Deployment would have set into its manifest, and waits until the cluster has it. */
export async function changeWorkload(
  cluster: Cluster,
  path: string,
  rendering: Rendering,
  plan: (object: KubeObject) => readonly PatchOperation[] | undefined,
  signal: AbortSignal,
): Promise<KubeObject> {
  const live = await cluster.request<KubeObject>('GET', path, { signal });
  const container = chooseContainer(live, rendering.container).name;
  const image = imageAfter(live, container, plan(live) ?? []);
  await commitImage(cluster, rendering, container, image, signal);
  return followImage(cluster, path, rendering, container, image, signal);
}

/** @returns whether a commit was made: the manifests may have the image already */
export async function commitImage(
  cluster: Cluster,
  { tree, release }: Rendering,
  container: string,
  image: string,
  signal: AbortSignal,
): Promise<boolean> {
  const { workload } = release;
  const place = findImage(await tree.sources(), { workload, container, image });
  const step = image === release.image ? 'the image' : `back to ${image.split('@')[1]?.slice(0, 19) ?? image}`;
  const message = messageOf(release, cluster, step, `${place.image} becomes ${image}`);
  return tree.commit(place.source, place.says(image) ? place.source.text : place.with(image), message, signal);
}

/** Waits until the Deployment has the image; its pods are waited for as in any rollout. */
export function followImage(
  cluster: Cluster,
  path: string,
  { within }: Rendering,
  container: string,
  image: string,
  signal: AbortSignal,
): Promise<KubeObject> {
  return follow(
    cluster,
    {
      path,
      what: `image ${image}`,
      seen: now => `image ${imageOf(now, container)}`,
      shows: now => imageOf(now, container) === image,
      within,
    },
    signal,
  );
}

/** The container's image as the operations leave it. Replicas are the manifest's own, and stay. */
export function imageAfter(live: KubeObject, container: string, operations: readonly PatchOperation[]): string {
  const at = live['spec'].template.spec.containers.findIndex(({ name }: { name: string }) => name === container);
  const image = operations.findLast(
    ({ op, path }) => op === 'replace' && path === `/spec/template/spec/containers/${at}/image`,
  );
  if (image !== undefined) return String(image.value);
  const template = operations.findLast(({ op, path }) => op === 'replace' && path === '/spec/template');
  return imageOf(template === undefined ? live : { ...live, spec: { template: template.value } }, container);
}
