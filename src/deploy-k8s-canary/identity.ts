import { type Cluster, imageDigest, podsOfWorkload, viewPod, type WorkloadName } from '../core/kubernetes/index.ts';
import { RolloutError } from './rollout-error.ts';

/** What a pod runs, for the record. */
export interface RunningPod {
  readonly pod: string;
  readonly image: string;
  /** As the runtime reports it. */
  readonly imageID: string;
}

export interface Identity {
  /** `proven`: every pod's imageID has one of the image's digests. */
  readonly identity: 'proven' | 'unknown';
  readonly pods: readonly RunningPod[];
}

/**
 * Which image the ready pods of a workload really run. A pod of another image is an error; an imageID whose digest is not among
 * the known ones (a tag was deployed, or the platform's digest is not known without a record) is `unknown`.
 */
export async function proveImage(
  cluster: Cluster,
  workload: WorkloadName,
  container: string,
  image: string,
  digests: readonly string[],
  signal: AbortSignal,
): Promise<Identity> {
  const pods = (await podsOfWorkload(cluster, workload, signal)).map(viewPod).filter(pod => pod.ready);
  const running = pods.map(pod => {
    const found = pod.containers.find(({ name }) => name === container);
    return { pod: pod.name, image: found?.image ?? '', imageID: found?.imageID ?? '' };
  });
  const other = running.find(pod => pod.image !== image);
  if (other !== undefined)
    throw new RolloutError('WRONG_IMAGE', `pod ${other.pod} runs ${other.image} instead of ${image}`, {
      hint: 'Something else changes this workload at the same time.',
    });
  const proven =
    running.length > 0 && digests.length > 0 && running.every(pod => digests.includes(imageDigest(pod.imageID)));
  return { identity: proven ? 'proven' : 'unknown', pods: running };
}
