import {
  type Cluster,
  corePath,
  type KubeList,
  type KubeObject,
  podsOfWorkload,
  selectorText,
} from '../core/kubernetes/index.ts';
import { namesOf } from './names.ts';
import { sidesOfSet } from './sets/revision.ts';
import type { UnderWay } from './state.ts';
import { targetOf } from './target.ts';

/** Pods, by what they are in the comparison. */
export interface Sides {
  readonly fresh: readonly KubeObject[];
  /** Of the old release, with which the new one is compared. */
  readonly old: readonly KubeObject[];
  /** Of the old release, too, but not compared: there are fresh ones. */
  readonly others: readonly KubeObject[];
}

/** @param canary whether the new pods are the canary's, or the workload's own */
export async function sidesOf(cluster: Cluster, state: UnderWay, canary: boolean, signal: AbortSignal): Promise<Sides> {
  const { workload, router } = state;
  const own = podsOfWorkload(cluster, targetOf(state), signal);
  if (!canary) return { fresh: await own, old: [], others: [] };
  if (state.kind !== undefined)
    return { ...(await sidesOfSet(cluster, targetOf(state), await own, signal)), others: [] };
  const { canaryLabels, baselineLabels } = namesOf(workload);
  const [stable, fresh, baseline] = await Promise.all([
    own,
    labelled(cluster, canaryLabels, signal),
    router?.baseline === undefined ? undefined : labelled(cluster, baselineLabels, signal),
  ]);
  return baseline === undefined ? { fresh, old: stable, others: [] } : { fresh, old: baseline, others: stable };
}

async function labelled(
  cluster: Cluster,
  labels: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<KubeObject[]> {
  const query = { labelSelector: selectorText(labels) };
  const { items } = await cluster.request<KubeList>('GET', corePath(cluster.namespace, 'pods'), { query, signal });
  return items.filter(pod => pod.metadata.deletionTimestamp === undefined);
}
