import { SlipwayError } from '../../core/errors.ts';
import {
  type Cluster,
  corePath,
  isApiError,
  type KubeList,
  type KubeObject,
  patchObject,
  pointer,
  selectorText,
  viewPod,
} from '../../core/kubernetes/index.ts';

type Labels = Readonly<Record<string, string>>;

/** Pods that a rollout made, and how they get into the workload's Services. */
export interface Admitted {
  /** What all of them have. */
  readonly own: Labels;
  /** With these a pod is in the Services, with those out of them. */
  readonly admit: Labels;
  readonly hold: Labels;
  /** `pods of the new release`, for errors. */
  readonly what: string;
}

/** Lets as many of the pods into the Services as are wanted, by their labels; keeps or takes the others out, without ending a connection. */
export async function admit(cluster: Cluster, side: Admitted, count: number, signal: AbortSignal): Promise<void> {
  const pods = (await podsOf(cluster, side, signal)).filter(pod => pod.metadata.deletionTimestamp === undefined);
  const inside = pods.filter(pod => has(pod, side.admit));
  const outside = pods.filter(pod => !has(pod, side.admit) && viewPod(pod).ready);
  if (inside.length + outside.length < count)
    throw new SlipwayError(
      'CANARY_NOT_READY',
      `only ${inside.length + outside.length} of ${count} ${side.what} are ready`,
      { hint: 'See their events.' },
    );
  await Promise.all([
    ...inside.slice(count).map(pod => relabel(cluster, pod, side.hold, signal)),
    ...outside.slice(0, Math.max(0, count - inside.length)).map(pod => relabel(cluster, pod, side.admit, signal)),
  ]);
}

/** Takes all of the pods out of the Services, those that end as well. */
export async function holdAll(cluster: Cluster, side: Admitted, signal: AbortSignal): Promise<void> {
  const pods = await podsOf(cluster, side, signal);
  await Promise.all(pods.map(pod => relabel(cluster, pod, side.hold, signal)));
}

async function podsOf(cluster: Cluster, { own }: Admitted, signal: AbortSignal): Promise<readonly KubeObject[]> {
  const query = { labelSelector: selectorText(own) };
  return (await cluster.request<KubeList>('GET', corePath(cluster.namespace, 'pods'), { query, signal })).items;
}

async function relabel(cluster: Cluster, pod: KubeObject, labels: Labels, signal: AbortSignal): Promise<void> {
  const operations = Object.entries(labels).map(([key, value]) => ({
    op: 'replace' as const,
    path: pointer('metadata', 'labels', key),
    value,
  }));
  try {
    await patchObject(
      cluster,
      corePath(cluster.namespace, 'pods', pod.metadata.name),
      now => (has(now, labels) ? undefined : operations),
      signal,
    );
  } catch (error) {
    if (!isApiError(error, 404)) throw error; // the pod is gone, and so is its traffic
  }
}

function has(pod: KubeObject, labels: Labels): boolean {
  return Object.entries(labels).every(([key, value]) => pod.metadata.labels?.[key] === value);
}
