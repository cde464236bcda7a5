import { type Cluster, type KubeObject, viewPod } from '../../core/kubernetes/index.ts';
import { log } from '../../core/log.ts';
import { deletePod } from './delete-pod.ts';
import { dividedPods } from './divide.ts';

/**
 * Deletes the pods of another template than the present one that are not ready. A StatefulSet under OrderedReady waits for such a
 * pod before it replaces any, and so never leaves a release whose pod does not start. Pods that serve are left to the controller.
 * https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#forced-rollback
 */
export async function unstick(cluster: Cluster, set: KubeObject, signal: AbortSignal): Promise<void> {
  const sides = await dividedPods(cluster, set, signal);
  for (const pod of sides?.old ?? []) {
    const { name, ready, deleting } = viewPod(pod);
    if (ready || deleting) continue;
    log.info(`  pod ${name} is not ready and of another release: deleted, so that it does not hold up the others`);
    await deletePod(cluster, pod, signal);
  }
}
