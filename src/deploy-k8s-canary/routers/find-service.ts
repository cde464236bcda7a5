import { SlipwayError } from '../../core/errors.ts';
import {
  type Cluster,
  corePath,
  type KubeList,
  type KubeObject,
  podsOfDeployment,
  selectorText,
} from '../../core/kubernetes/index.ts';
import { labels } from '../names.ts';
import type { FoundRouter, Search } from './router.ts';
import type { ServiceState } from './service.ts';

export async function findService({
  cluster,
  options,
  live,
  services,
  podLabels,
  hold,
  replicas,
  signal,
}: Search): Promise<FoundRouter<ServiceState>> {
  await refuseForeignPods(cluster, live.metadata.name, services, signal);
  if (options.steps.some(step => step > 50 && step < 100)) await refuseAutoscaler(cluster, live.metadata.name, signal);
  const admit = Object.fromEntries(Object.keys(hold).map(key => [key, podLabels[key]!]));
  return {
    state: { kind: 'service', services: services.map(({ metadata }) => metadata.name), admit, hold, replicas },
    service: services[0]!,
    sticky: undefined,
  };
}

/** A Service that also selects somebody else's pods cannot be divided by counting. */
async function refuseForeignPods(
  cluster: Cluster,
  workload: string,
  services: readonly KubeObject[],
  signal: AbortSignal,
): Promise<void> {
  const own = new Set((await podsOfDeployment(cluster, workload, signal)).map(pod => pod.metadata.name));
  for (const service of services) {
    const query = { labelSelector: selectorText(service['spec'].selector) };
    const { items } = await cluster.request<KubeList>('GET', corePath(cluster.namespace, 'pods'), { query, signal });
    const foreign = items.filter(
      pod =>
        !own.has(pod.metadata.name) &&
        pod.metadata.labels?.[labels.workload] !== workload &&
        pod.metadata.deletionTimestamp === undefined &&
        pod['status']?.phase === 'Running',
    );
    if (foreign.length > 0)
      throw wrong(
        'FOREIGN_PODS',
        `Service/${service.metadata.name} also selects pods that Deployment/${workload} does not own: ${foreign
          .map(pod => pod.metadata.name)
          .slice(0, 3)
          .join(', ')}`,
        'Narrow its selector, or use router: gateway.',
      );
  }
}

async function refuseAutoscaler(cluster: Cluster, workload: string, signal: AbortSignal): Promise<void> {
  const { items } = await cluster.request<KubeList>(
    'GET',
    `/apis/autoscaling/v2/namespaces/${encodeURIComponent(cluster.namespace)}/horizontalpodautoscalers`,
    { signal },
  );
  const scaler = items.find(
    one => one['spec']?.scaleTargetRef?.kind === 'Deployment' && one['spec'].scaleTargetRef.name === workload,
  );
  if (scaler !== undefined)
    throw wrong(
      'AUTOSCALED',
      `steps above 50 with router: service scale Deployment/${workload} down, but HorizontalPodAutoscaler/${scaler.metadata.name} owns its replicas`,
      'Use steps up to 50 before 100, or router: gateway.',
    );
}

function wrong(code: string, message: string, hint: string): SlipwayError {
  return new SlipwayError(code, message, { hint: `${hint} Nothing was changed.` });
}
