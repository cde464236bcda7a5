import {
  type Cluster,
  type KubeList,
  type KubeObject,
  selectorText,
  type WorkloadName,
  workloadPath,
} from '../../core/kubernetes/index.ts';

/** Label by which the controllers of StatefulSets and DaemonSets tell which template a pod was made of. */
const label = 'controller-revision-hash';

/** What the pods of a set's present template are labelled with; undefined as long as its controller has not seen the template. */
export async function presentRevision(
  cluster: Cluster,
  set: KubeObject,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { metadata, status = {} } = set;
  if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0)) return undefined;
  return newestRevision(cluster, set, signal);
}

/** The same by what its controller last said, for a template that is known to have been seen. */
async function newestRevision(cluster: Cluster, set: KubeObject, signal: AbortSignal): Promise<string | undefined> {
  if (set.kind === 'StatefulSet') return set['status']?.updateRevision;
  const revisions = await revisionsOf(cluster, set, signal);
  return revisions.toSorted((a, b) => b['revision'] - a['revision'])[0]?.metadata.labels?.[label];
}

/** The templates that a set keeps, its present one among them. */
export async function revisionsOf(cluster: Cluster, set: KubeObject, signal: AbortSignal): Promise<KubeObject[]> {
  const path = `/apis/apps/v1/namespaces/${encodeURIComponent(cluster.namespace)}/controllerrevisions`;
  const query = { labelSelector: selectorText(set['spec'].selector.matchLabels ?? {}) };
  const { items } = await cluster.request<KubeList>('GET', path, { query, signal });
  return items.filter(({ metadata }) => metadata.ownerReferences?.some(({ uid }) => uid === set.metadata.uid));
}

export function isOfRevision(pod: KubeObject, revision: string | undefined): boolean {
  return revision !== undefined && pod.metadata.labels?.[label] === revision;
}

/** A set's pods, of its newest template and of others. */
export interface SetSides {
  readonly fresh: readonly KubeObject[];
  readonly old: readonly KubeObject[];
}

/** Of a set under way: a change of its partition alone makes no other template. */
export async function sidesOfSet(
  cluster: Cluster,
  target: WorkloadName,
  pods: readonly KubeObject[],
  signal: AbortSignal,
): Promise<SetSides> {
  const set = await cluster.request<KubeObject>('GET', workloadPath(cluster.namespace, target), { signal });
  return sidesBy(await newestRevision(cluster, set, signal), pods);
}

export function sidesBy(revision: string | undefined, pods: readonly KubeObject[]): SetSides {
  const isFresh = (pod: KubeObject) => isOfRevision(pod, revision);
  return { fresh: pods.filter(isFresh), old: pods.filter(pod => !isFresh(pod)) };
}
