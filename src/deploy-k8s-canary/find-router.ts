import { isDeepStrictEqual } from 'node:util';
import { SlipwayError } from '../core/errors.ts';
import {
  type Cluster,
  corePath,
  type KubeList,
  type KubeObject,
  nameOf,
  selectorText,
  selects,
} from '../core/kubernetes/index.ts';
import { holdLabels } from './canary-objects.ts';
import { refuseCatchers } from './checks/catchers.ts';
import { isOurs, namesOf } from './names.ts';
import type { Options } from './options.ts';
import { moduleOf, routerKind } from './routers/all.ts';
import type { FoundRouter } from './routers/router.ts';

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
    .filter(service => selects(service['spec']?.selector, podLabels) || isSwitched(service, live.metadata.name))
    .map(service => ({ ...service, kind: 'Service' }));
  if (services.length === 0) {
    throw new SlipwayError(
      'SERVICE_MISSING',
      `no Service in ${cluster.namespace} selects the pods of ${nameOf({ ...live, kind: 'Deployment' })} (labels ${selectorText(podLabels)})`,
      { hint: 'Correct the selector of its Service, or deploy with strategy: rolling. Nothing was changed.' },
    );
  }
  const hold = holdLabels(services, podLabels);
  const baseline = options.baseline === 'fresh' ? holdLabels(services, podLabels, 'baseline') : undefined;
  for (const held of [hold, ...(baseline === undefined ? [] : [baseline])])
    refuseCatchers(items, { ...podLabels, ...held }, live.metadata.name);
  const replicas: number = live['spec'].replicas ?? 1;
  const module = moduleOf(routerKind(options));
  const search = { cluster, options, live, services, podLabels, hold, replicas, signal };
  const found = await module.find(search);
  const { mirror } = options;
  const state = {
    ...found.state,
    ...(baseline === undefined ? {} : { baseline }),
    ...(mirror === undefined ? {} : { mirror: mirror.percent }),
  };
  return {
    ...found,
    state: mirror === undefined ? state : await module.mirrors!(search, { ...found, state }),
    sticky: found.sticky ?? affinityOf(services),
  };
}

/** A Service of the workload that a run which ended left on the new pods (strategy blue-green). */
function isSwitched(service: KubeObject, workload: string): boolean {
  return isDeepStrictEqual(service['spec']?.selector, namesOf(workload).canaryLabels) && !isOurs(service, workload);
}

function affinityOf(services: readonly KubeObject[]): string | undefined {
  const sticky = services.find(service => service['spec'].sessionAffinity === 'ClientIP');
  return sticky && `sessionAffinity: ClientIP of Service/${sticky.metadata.name}`;
}
