import { type Cluster, corePath, type KubeList, selectorText } from '../../core/kubernetes/index.ts';
import { countEndpoints } from '../endpoints.ts';
import { namesOf } from '../names.ts';
import type { Fact } from '../restored.ts';

/** Ready pods of both sides behind each of the Services. */
export async function readySides(
  cluster: Cluster,
  workload: string,
  services: readonly string[],
  signal: AbortSignal,
): Promise<{ stable: number; canary: number }[]> {
  const query = { labelSelector: selectorText(namesOf(workload).canaryLabels) };
  const { items } = await cluster.request<KubeList>('GET', corePath(cluster.namespace, 'pods'), { query, signal });
  const canary = new Set(items.map(pod => pod.metadata.name));
  return Promise.all(services.map(service => countEndpoints(cluster, service, canary, signal)));
}

/** Whether no endpoint of any of the Services is the canary's. A Service that was deleted leads nowhere. */
export async function onlyStable(
  cluster: Cluster,
  workload: string,
  services: readonly string[],
  signal: AbortSignal,
): Promise<Fact> {
  const { items } = await cluster.request<KubeList>('GET', corePath(cluster.namespace, 'services'), { signal });
  const there = services.filter(name => items.some(({ metadata }) => metadata.name === name));
  const counts = await readySides(cluster, workload, there, signal);
  const says = there.map((name, i) => `Service/${name}: ${counts[i]!.stable} old and ${counts[i]!.canary} new pods`);
  return {
    ok: counts.every(({ stable, canary }) => canary === 0 && stable > 0),
    seen: says.join(', ') || 'no Service is left',
  };
}
