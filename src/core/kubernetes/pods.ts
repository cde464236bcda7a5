import type { Cluster } from './cluster.ts';
import { type KubeList, type KubeObject, selectorText } from './objects.ts';
import { corePath, deploymentPath, type WorkloadName, workloadPath } from './workload.ts';

/** A pod as a verdict needs it. */
export interface PodView {
  readonly name: string;
  /** All containers ready, and not being deleted. */
  readonly ready: boolean;
  readonly deleting: boolean;
  readonly containers: readonly {
    readonly name: string;
    /** As the pod's specification asks for it. */
    readonly image: string;
    /** What the runtime says it runs, e.g. `registry/repo@sha256:…` or `sha256:…`; empty before it has started. */
    readonly imageID: string;
    readonly restarts: number;
    readonly ready: boolean;
  }[];
}

export function viewPod(pod: KubeObject): PodView {
  const statuses: { name: string; imageID?: string; restartCount?: number; ready?: boolean }[] =
    pod['status']?.containerStatuses ?? [];
  const deleting = pod.metadata.deletionTimestamp !== undefined;
  const conditions: { type: string; status: string }[] = pod['status']?.conditions ?? [];
  return {
    name: pod.metadata.name,
    deleting,
    ready: !deleting && conditions.some(({ type, status }) => type === 'Ready' && status === 'True'),
    containers: (pod['spec'].containers as { name: string; image: string }[]).map(({ name, image }) => {
      const status = statuses.find(one => one.name === name);
      return {
        name,
        image,
        imageID: status?.imageID ?? '',
        restarts: status?.restartCount ?? 0,
        ready: status?.ready ?? false,
      };
    }),
  };
}

/** The digest in an imageID (`docker-pullable://…@sha256:…`, `…@sha256:…`, `sha256:…`), or an empty text. */
export function imageDigest(imageID: string): string {
  return /sha256:[0-9a-f]{64}$/.exec(imageID)?.[0] ?? '';
}

/**
 * The pods that a Deployment owns (by its ReplicaSets' owner references, not by labels alone: a canary's pods may carry
 * the same labels). Pods that have ended (Succeeded, Failed) are left out.
 */
export async function podsOfDeployment(
  cluster: Cluster,
  name: string,
  signal?: AbortSignal,
  namespace = cluster.namespace,
): Promise<KubeObject[]> {
  const deployment = await cluster.request<KubeObject>('GET', deploymentPath(namespace, name), { signal });
  const labelSelector = selectorText(deployment['spec'].selector.matchLabels ?? {});
  const [sets, pods] = await Promise.all([
    cluster.request<KubeList>('GET', `/apis/apps/v1/namespaces/${encodeURIComponent(namespace)}/replicasets`, {
      query: { labelSelector },
      signal,
    }),
    cluster.request<KubeList>('GET', corePath(namespace, 'pods'), { query: { labelSelector }, signal }),
  ]);
  const mine = sets.items.filter(isOwnedBy([deployment]));
  return pods.items.filter(isOwnedBy(mine)).filter(hasNotEnded);
}

/** The same of a workload of any kind; a StatefulSet and a DaemonSet own their pods themselves. */
export async function podsOfWorkload(
  cluster: Cluster,
  { kind, name }: WorkloadName,
  signal?: AbortSignal,
  namespace = cluster.namespace,
): Promise<KubeObject[]> {
  if (kind === 'Deployment') return podsOfDeployment(cluster, name, signal, namespace);
  const set = await cluster.request<KubeObject>('GET', workloadPath(namespace, { kind, name }), { signal });
  const query = { labelSelector: selectorText(set['spec'].selector.matchLabels ?? {}) };
  const { items } = await cluster.request<KubeList>('GET', corePath(namespace, 'pods'), { query, signal });
  return items.filter(isOwnedBy([set])).filter(hasNotEnded);
}

function isOwnedBy(owners: readonly KubeObject[]): (object: KubeObject) => boolean {
  const uids = new Set(owners.map(({ metadata }) => metadata.uid));
  return ({ metadata }) => metadata.ownerReferences?.some(one => one.controller && uids.has(one.uid)) ?? false;
}

function hasNotEnded({ status }: KubeObject): boolean {
  return !['Succeeded', 'Failed'].includes(status?.phase);
}
