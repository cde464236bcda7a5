import {
  type Cluster,
  corePath,
  isApiError,
  type KubeList,
  type KubeObject,
  selects,
} from '../../core/kubernetes/index.ts';
import { targetPort } from '../containers.ts';
import type { Options } from '../options.ts';
import type { Chosen } from '../preflight.ts';
import { portOf, prepareMetrics, sayBudget } from '../prepare-evidence.ts';
import { countsOf } from '../rollout.ts';
import type { Situation } from '../situation.ts';
import { surgeOfNodes } from './nodes.ts';
import { sharesOf } from './shares.ts';

/** How a StatefulSet's or DaemonSet's pods are replaced: in as many steps as their number allows. */
export async function chooseSet(
  cluster: Cluster,
  options: Options,
  situation: Situation & { readonly live: KubeObject },
  signal: AbortSignal,
): Promise<Chosen> {
  const { live, desired, container } = situation;
  const none = { situation, router: undefined, metrics: [], budget: [] };
  const wanted = desired.kind === 'DaemonSet' ? countsOf(live).wanted : countsOf(desired).wanted;
  const steps = sharesOf(options.steps, wanted);
  const known = targetPort(await serviceOf(cluster, live, signal), live, container);
  if (steps.length === 1 || surgeOfNodes(desired, wanted) > 0) return { kind: 'rolling', port: known, ...none };
  const port = await portOf(cluster, options, known, signal);
  const metrics = await prepareMetrics(cluster, options, situation, signal);
  const budget = sayBudget({ ...options, steps }, metrics);
  return { kind: 'canary', ...none, steps, port, metrics, budget };
}

/** A Service by whose port pods are asked; without the right to list them, by the container's own. */
async function serviceOf(cluster: Cluster, { spec }: KubeObject, signal: AbortSignal): Promise<KubeObject | undefined> {
  try {
    const path = corePath(cluster.namespace, 'services');
    const { items } = await cluster.request<KubeList>('GET', path, { signal });
    return items.find(service => selects(service['spec']?.selector, spec.template.metadata?.labels));
  } catch (error) {
    if (isApiError(error, 403)) return undefined;
    throw error;
  }
}
