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
import { mostBesideScaled } from '../ratio.ts';
import { autoscalerOf } from '../surroundings.ts';
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
  // replicas that are in git stay, as an autoscaler's do
  const kept = async () =>
    options.rendered !== undefined || (await isScaled(cluster, live.metadata.name, options.steps, signal));
  const scaled = options.steps.some(aboveHalf) && (await kept());
  const admit = Object.fromEntries(Object.keys(hold).map(key => [key, podLabels[key]!]));
  return {
    state: {
      kind: 'service',
      services: services.map(({ metadata }) => metadata.name),
      admit,
      ...(scaled ? { scaled: true as const } : {}),
      hold,
      replicas,
    },
    service: services[0]!,
    sticky: undefined,
    written: [],
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

/** Steps that would scale the workload down where nobody else does. */
export function aboveHalf(step: number): boolean {
  return step > 50 && step < 100;
}

/** Whether an autoscaler owns the replicas. What it wants is kept, so that a high share takes many new pods. */
async function isScaled(
  cluster: Cluster,
  workload: string,
  steps: readonly number[],
  signal: AbortSignal,
): Promise<boolean> {
  const path = `/apis/autoscaling/v2/namespaces/${encodeURIComponent(cluster.namespace)}/horizontalpodautoscalers`;
  const { items } = await cluster.request<KubeList>('GET', path, { signal });
  const scaler = autoscalerOf(items, { kind: 'Deployment', name: workload });
  const high = steps.find(step => step > mostBesideScaled && step < 100);
  if (scaler !== undefined && high !== undefined)
    throw wrong(
      'AUTOSCALED',
      `HorizontalPodAutoscaler/${scaler.metadata.name} owns the replicas of Deployment/${workload}, so that ${high} % with router: service would take ${Math.round(high / (100 - high))} new pods for each old one`,
      `Use steps up to ${mostBesideScaled} before 100, or router: gateway.`,
    );
  return scaler !== undefined;
}

function wrong(code: string, message: string, hint: string): SlipwayError {
  return new SlipwayError(code, message, { hint: `${hint} Nothing was changed.` });
}
