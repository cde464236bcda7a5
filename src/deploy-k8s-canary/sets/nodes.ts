import { type KubeObject, viewPod } from '../../core/kubernetes/index.ts';
import { log } from '../../core/log.ts';
import type { Session } from '../session.ts';
import { deletePod } from './delete-pod.ts';
import type { Divided } from './divide.ts';
import type { SetSides } from './revision.ts';

/** Deletes old pods of a DaemonSet, which its controller then makes of the new template; as many at once as its maxUnavailable allows. */
export async function replaceOnNodes(
  { cluster, plan, signal }: Session,
  sides: SetSides,
  divided: Divided,
): Promise<void> {
  for (const pod of nextOnNodes(sides, divided, maxUnavailable(plan.situation.desired, divided.wanted))) {
    log.info(`  node ${nodeOf(pod)}: pod ${pod.metadata.name} makes room for the new release`);
    await deletePod(cluster, pod, signal);
  }
}

/**
 * Which old pods are deleted now: in the order of their nodes' names, those first that are ready, as only they can be compared; no
 * more than may be unavailable at the same time. Pure.
 */
export function nextOnNodes({ fresh, old }: SetSides, { pods, wanted }: Divided, most: number): KubeObject[] {
  const isReady = (pod: KubeObject) => viewPod(pod).ready;
  const unavailable = wanted - [...fresh, ...old].filter(isReady).length;
  const missing = pods - fresh.length - old.filter(({ metadata }) => metadata.deletionTimestamp !== undefined).length;
  return old
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .toSorted((a, b) => Number(isReady(b)) - Number(isReady(a)) || nodeOf(a).localeCompare(nodeOf(b)))
    .slice(0, Math.max(0, Math.min(missing, most - unavailable)));
}

function nodeOf(pod: KubeObject): string {
  return pod['spec'].nodeName ?? '';
}

/** Of a DaemonSet; a percentage is rounded up, as its controller does it. */
export function maxUnavailable({ spec }: KubeObject, wanted: number): number {
  return Math.max(1, numberOf(spec.updateStrategy?.rollingUpdate?.maxUnavailable ?? 1, wanted));
}

/** Pods of a DaemonSet that stand beside the old one on their node for a while. */
export function surgeOfNodes({ spec }: KubeObject, wanted: number): number {
  return numberOf(spec.updateStrategy?.rollingUpdate?.maxSurge ?? 0, wanted);
}

function numberOf(value: number | string, wanted: number): number {
  return typeof value === 'number' ? value : Math.ceil((Number.parseInt(value, 10) / 100) * wanted);
}
