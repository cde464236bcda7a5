import { sleep } from '../../core/deadline.ts';
import { SlipwayError } from '../../core/errors.ts';
import {
  type Cluster,
  corePath,
  deploymentPath,
  isApiError,
  type KubeList,
  type KubeObject,
  patchObject,
  permissions,
  pointer,
  selectorText,
  viewPod,
} from '../../core/kubernetes/index.ts';
import { namesOf } from '../names.ts';
import { describeRatio, type Ratio, ratioFor } from '../ratio.ts';
import type { RouterState } from '../state.ts';
import { findService } from './find-service.ts';
import { readySides } from './ready-sides.ts';
import type { Router, RouterModule } from './router.ts';

const settle = 30_000;

export type ServiceState = RouterState & { kind: 'service' };

/** The share is the ratio of the pods behind a plain Service: nothing is needed in the cluster. */
export const service: RouterModule<ServiceState> = {
  permissions: ({ steps }) => [
    ...permissions('get,patch pods', 'list endpointslices.discovery.k8s.io'),
    ...(steps.some(step => step > 50 && step < 100) ? permissions('list horizontalpodautoscalers.autoscaling') : []),
  ],
  find: findService,
  make: makeService,
  where: ({ services }) => `Service/${services.join(', ')}`,
  step: ({ replicas }, _workload, _namespace, percent) =>
    percent === 100 ? `${replicas} pods, all of the new release` : describeRatio(ratioFor(percent, replicas)),
};

/**
 * The ratio of the pods behind a plain Service. Pods of the canary start with labels that no Service selects; a share is given by
 * changing the labels of as many as it needs, and taken by changing them back: at once, and without ending a connection.
 */
function makeService(cluster: Cluster, workload: string, state: ServiceState): Router {
  const { canaryLabels } = namesOf(workload);
  const labelSelector = selectorText(canaryLabels);
  const canaryPods = async (signal: AbortSignal) =>
    (await cluster.request<KubeList>('GET', corePath(cluster.namespace, 'pods'), { query: { labelSelector }, signal }))
      .items;
  const scale = (replicas: number, signal: AbortSignal) =>
    patchObject(
      cluster,
      deploymentPath(cluster.namespace, workload),
      deployment =>
        deployment['spec'].replicas === replicas
          ? undefined
          : [{ op: 'replace', path: '/spec/replicas', value: replicas }],
      signal,
    );

  async function admit(count: number, signal: AbortSignal): Promise<void> {
    const pods = (await canaryPods(signal)).filter(pod => pod.metadata.deletionTimestamp === undefined);
    const inside = pods.filter(pod => has(pod, state.admit));
    const outside = pods.filter(pod => !has(pod, state.admit) && viewPod(pod).ready);
    if (inside.length + outside.length < count)
      throw new SlipwayError(
        'CANARY_NOT_READY',
        `only ${inside.length + outside.length} of ${count} pods of the new release are ready`,
        { hint: 'See their events.' },
      );
    await Promise.all([
      ...inside.slice(count).map(pod => relabel(pod, state.hold, signal)),
      ...outside.slice(0, Math.max(0, count - inside.length)).map(pod => relabel(pod, state.admit, signal)),
    ]);
  }

  async function relabel(
    pod: KubeObject,
    labels: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<void> {
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

  async function readBack(wanted: Ratio, signal: AbortSignal): Promise<string> {
    const until = Date.now() + settle;
    for (;;) {
      const counts = await readySides(cluster, workload, state.services, signal);
      const off = counts.find(count => count.canary !== wanted.canary || count.stable !== wanted.stable);
      if (off === undefined) return describeRatio(wanted);
      if (Date.now() > until)
        throw new SlipwayError(
          'ENDPOINTS_DIFFER',
          `${wanted.stable} old and ${wanted.canary} new pods should be behind Service/${state.services.join(', ')}, but ${off.stable} and ${off.canary} are`,
          { hint: 'A pod is not ready, or something else scales the workload (an autoscaler?).' },
        );
      await sleep(300, signal);
    }
  }

  return {
    kind: 'service',
    full: false,
    podsFor: percent => Math.max(1, ratioFor(percent, state.replicas).canary),
    async shift(percent, signal) {
      const ratio = ratioFor(percent, state.replicas);
      // more first, less afterwards: capacity never falls below what it was
      await admit(ratio.canary, signal);
      await scale(ratio.stable, signal);
      return readBack(ratio, signal);
    },
    async restore(signal) {
      await scale(state.replicas, signal);
      const pods = await canaryPods(signal);
      await Promise.all(pods.map(pod => relabel(pod, state.hold, signal)));
    },
  };
}

function has(pod: KubeObject, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(labels).every(([key, value]) => pod.metadata.labels?.[key] === value);
}
