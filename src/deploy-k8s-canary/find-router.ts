import { SlipwayError } from '../core/errors.ts';
import {
  type Cluster,
  corePath,
  getObject,
  Kinds,
  type KubeList,
  type KubeObject,
  nameOf,
  podsOfDeployment,
  selectorText,
  selects,
} from '../core/kubernetes/index.ts';
import { holdLabels } from './canary-objects.ts';
import { labels } from './names.ts';
import type { Options } from './options.ts';
import { routeApi, routePath } from './routers/gateway.ts';
import type { RouterState } from './state.ts';
import { rulesTo } from './weights.ts';

export interface FoundRouter {
  readonly state: RouterState;
  /** The Service by whose ports pods are reached. */
  readonly service: KubeObject;
}

/** Finds the Services (and the route) that lead to the workload and how its traffic can be divided. Reads only. */
export async function findRouter(
  cluster: Cluster,
  options: Options,
  live: KubeObject,
  signal: AbortSignal,
): Promise<FoundRouter> {
  const podLabels: Record<string, string> = live['spec'].template.metadata?.labels ?? {};
  const { items } = await cluster.request<KubeList>('GET', corePath(cluster.namespace, 'services'), { signal });
  const services = items
    .filter(service => selects(service['spec']?.selector, podLabels))
    .map(service => ({ ...service, kind: 'Service' }));
  if (services.length === 0) {
    throw wrong(
      'SERVICE_MISSING',
      `no Service in ${cluster.namespace} selects the pods of ${nameOf({ ...live, kind: 'Deployment' })} (labels ${selectorText(podLabels)})`,
      'Correct the selector of its Service, or deploy with strategy: rolling.',
    );
  }
  const hold = holdLabels(services, podLabels);
  const replicas: number = live['spec'].replicas ?? 1;
  if (options.router === 'gateway') return findRoute(cluster, options, services, hold, replicas, signal);
  await refuseForeignPods(cluster, live.metadata.name, services, signal);
  if (options.steps.some(step => step > 50 && step < 100)) await refuseAutoscaler(cluster, live.metadata.name, signal);
  const admit = Object.fromEntries(Object.keys(hold).map(key => [key, podLabels[key]!]));
  return {
    state: { kind: 'service', services: services.map(({ metadata }) => metadata.name), admit, hold, replicas },
    service: services[0]!,
  };
}

async function findRoute(
  cluster: Cluster,
  options: Options,
  services: readonly KubeObject[],
  hold: Record<string, string>,
  replicas: number,
  signal: AbortSignal,
): Promise<FoundRouter> {
  if ((await new Kinds(cluster).find(routeApi, 'HTTPRoute', signal)) === undefined)
    throw wrong(
      'CRD_MISSING',
      `the cluster "${cluster.contextName}" has no HTTPRoute (${routeApi})`,
      'Install the Gateway API, or use router: service.',
    );
  const names = services.map(({ metadata }) => metadata.name);
  const route =
    options.route === undefined
      ? await onlyRoute(cluster, names, signal)
      : await getObject(cluster, routePath(cluster.namespace, options.route), signal);
  if (route === undefined)
    throw wrong(
      'ROUTE_MISSING',
      `there is no HTTPRoute/${options.route} in ${cluster.namespace}`,
      'Correct the input "route".',
    );
  const service = names.find(name => rulesTo(route, [name]).length > 0);
  if (service === undefined)
    throw wrong(
      'ROUTE_ELSEWHERE',
      `no rule of HTTPRoute/${route.metadata.name} leads to Service/${names.join(' or ')}`,
      'Correct its backendRefs, or name another route.',
    );
  const state = {
    kind: 'gateway',
    route: route.metadata.name,
    service,
    rules: rulesTo(route, [service]),
    hold,
    replicas,
  } as const;
  return { state, service: services.find(({ metadata }) => metadata.name === service)! };
}

async function onlyRoute(cluster: Cluster, services: readonly string[], signal: AbortSignal): Promise<KubeObject> {
  const path = routePath(cluster.namespace, '').replace(/\/$/, '');
  const { items } = await cluster.request<KubeList>('GET', path, { signal });
  const leading = items.filter(route => rulesTo(route, services).length > 0);
  if (leading.length === 1) return leading[0]!;
  const found = leading.map(({ metadata }) => metadata.name).join(', ') || 'none';
  throw wrong(
    'ROUTE_MISSING',
    `${leading.length} HTTPRoutes in ${cluster.namespace} lead to Service/${services.join(', ')} (${found})`,
    'Name it in the input "route".',
  );
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
