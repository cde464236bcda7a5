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
import { raised } from '../raised.ts';
import { describeRatio, type Ratio, ratioFor } from '../ratio.ts';
import type { RouterState } from '../state.ts';
import { findService } from './find-service.ts';
import { onlyStable, readySides } from './ready-sides.ts';
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
  const path = deploymentPath(cluster.namespace, workload);
  const canaryPods = async (signal: AbortSignal) =>
    (await cluster.request<KubeList>('GET', corePath(cluster.namespace, 'pods'), { query: { labelSelector }, signal }))
      .items;
  const scale = (replicas: number, signal: AbortSignal) =>
    patchObject(
      cluster,
      path,
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

  async function readBack(wanted: Ratio, percent: number, signal: AbortSignal): Promise<string> {
    const until = Date.now() + settle;
    for (;;) {
      const counts = await readySides(cluster, workload, state.services, signal);
      const off = counts.find(count => count.canary !== wanted.canary || count.stable !== wanted.stable);
      if (off === undefined) return describeRatio(wanted);
      // scaled in this moment: who watches the step makes the share again
      if ((await ratioNow(percent, signal)).stable !== wanted.stable) return `${describeRatio(wanted)}, being scaled`;
      if (Date.now() > until)
        throw new SlipwayError(
          'ENDPOINTS_DIFFER',
          `${wanted.stable} old and ${wanted.canary} new pods should be behind Service/${state.services.join(', ')}, but ${off.stable} and ${off.canary} are`,
          { hint: 'A pod is not ready, or something else scales the workload (an autoscaler?).' },
        );
      await sleep(300, signal);
    }
  }

  /** Up to 50 % the old pods are as many as their owner or an autoscaler wants; above, as the ratio needs them. */
  async function ratioNow(percent: number, signal: AbortSignal): Promise<Ratio> {
    if (percent > 50) return ratioFor(percent, state.replicas);
    const deployment = await cluster.request<KubeObject>('GET', path, { signal });
    return ratioFor(percent, deployment['spec'].replicas ?? 1);
  }

  return {
    kind: 'service',
    full: false,
    podsFor: (percent, replicas) => Math.max(1, ratioFor(percent, percent > 50 ? state.replicas : replicas).canary),
    async shift(percent, signal) {
      const ratio = await ratioNow(percent, signal);
      // more first, less afterwards: capacity never falls below what it was
      await admit(ratio.canary, signal);
      if (percent > 50) await scale(ratio.stable, signal);
      return readBack(ratio, percent, signal);
    },
    async restore(signal) {
      await patchObject(cluster, path, now => raised(now, state.replicas), signal);
      const pods = await canaryPods(signal);
      await Promise.all(pods.map(pod => relabel(pod, state.hold, signal)));
    },
    former: signal => onlyStable(cluster, workload, state.services, signal),
  };
}

function has(pod: KubeObject, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(labels).every(([key, value]) => pod.metadata.labels?.[key] === value);
}
