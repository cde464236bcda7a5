import { randomUUID } from 'node:crypto';
import { acquireLease, type Cluster, fenced } from '../core/kubernetes/index.ts';
import { log } from '../core/log.ts';
import type { Wheel } from './drive.ts';
import { namesOf } from './names.ts';
import { StateFile } from './state-file.ts';

/**
 * Does something as the only one who writes: with the lease, with a cluster that refuses writes when the lease is not surely held,
 * and with the state, from which whoever drove before is shut out.
 */
export async function takeWheel<T>(
  cluster: Cluster,
  workload: string,
  { options, journal, signal }: Pick<Wheel, 'options' | 'journal' | 'signal'>,
  task: (wheel: Wheel) => Promise<T>,
): Promise<T> {
  // two jobs of one workflow run, on two runners, have the same name and may have the same pid: each process is a holder of its own
  const holder = `${options.by} (${randomUUID().slice(0, 8)})`;
  const onWait = (other: string) => log.info(`The lease is held by ${other}: waiting to see whether it is renewed …`);
  const lease = await acquireLease(cluster, { name: namesOf(workload).lease, holder, signal, onWait });
  try {
    const guarded = fenced(cluster, lease);
    const file = await StateFile.open(guarded, workload, holder, AbortSignal.any([signal, lease.lost]));
    return await task({ cluster: guarded, options, journal, signal, lease, file });
  } finally {
    await lease.release();
  }
}
