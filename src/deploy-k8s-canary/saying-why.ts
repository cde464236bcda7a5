import { SlipwayError } from '../core/errors.ts';
import {
  type Cluster,
  explainPod,
  type KubeObject,
  notReady,
  type Trouble,
  viewPod,
} from '../core/kubernetes/index.ts';
import { RolloutError } from './rollout-error.ts';

/** Milliseconds for the explanation, when the time of the wait itself is over. */
const within = 5000;

/** The first pod that keeps a wait from its end; undefined where all are ready. */
export function waitedFor(pods: readonly KubeObject[]): Trouble | undefined {
  const pod = pods.find(one => !viewPod(one).ready && !viewPod(one).deleting);
  return pod && notReady(pod);
}

/**
 * A wait for pods that takes too long says for which one it waited, with its events and log lines.
 *
 * @param keeps what kept the wait from its end when it was looked at last
 */
export async function sayingWhy<T>(
  cluster: Cluster,
  keeps: () => Trouble | undefined,
  wait: () => Promise<T>,
): Promise<T> {
  try {
    return await wait();
  } catch (error) {
    const trouble = keeps();
    if (!(error instanceof SlipwayError) || error.code !== 'DEADLINE' || trouble === undefined) throw error;
    const lines = await explainPod(cluster, trouble, AbortSignal.timeout(within));
    throw new RolloutError(error.code, `${error.message}: pod ${trouble.pod}: ${trouble.detail}`, {
      lines,
      cause: error,
      hint: 'See the events and log lines of the pod above; raise timeout if it only needs longer.',
    });
  }
}
