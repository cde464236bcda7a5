import { type Cluster, corePath, type KubeList, selectorText } from '../../core/kubernetes/index.ts';
import { countEndpoints } from '../endpoints.ts';
import { namesOf } from '../names.ts';

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
