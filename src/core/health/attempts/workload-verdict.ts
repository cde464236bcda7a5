import type { KubeObject } from '../../kubernetes/objects.ts';
import type { PodView } from '../../kubernetes/pods.ts';
import type { WorkloadCheck } from '../check.ts';
import { ProbeFailure } from '../observation.ts';
import type { Trace } from '../trace.ts';

/** A Service that selects the workload's pods, and how many of these it sends traffic to. */
export interface BackEnd {
  readonly service: string;
  readonly ready: number;
}

/** What was read at one moment. */
export interface Seen {
  readonly object: KubeObject;
  readonly pods: readonly PodView[];
  readonly backEnds: readonly BackEnd[];
}

/**
 * Rolled out as `kubectl rollout status` means it, every pod ready, behind its Services, not restarted too often.
 *
 * @throws ProbeFailure for the first thing that is not so
 */
export function judgeWorkload(
  check: WorkloadCheck,
  { object, pods, backEnds }: Seen,
  trace: Pick<Trace, 'anchor'>,
): string {
  const wrong = (detail: string, retriable = true) => new ProbeFailure('workload', detail, { retriable });
  const status = object['status'] ?? {};
  if ((status.observedGeneration ?? 0) < (object.metadata.generation ?? 0)) {
    throw wrong('its newest specification has not been looked at by its controller yet');
  }
  const stuck = (status.conditions ?? []).find(
    (one: { type: string; status: string; reason?: string }) => one.type === 'Progressing' && one.status === 'False',
  );
  if (stuck !== undefined) throw wrong(`its rollout is stuck: ${stuck.message ?? stuck.reason}`, false);
  const { wanted, updated, ready, total } = countsOf(object);
  if (updated < wanted) throw wrong(`${updated} of ${wanted} pods are of the newest specification`);
  if (total > wanted) throw wrong(`${total - wanted} pods of an older specification are still there`);
  if (ready < wanted) throw wrong(`${ready} of ${wanted} pods are ready${troubles(pods)}`);
  const restarts = pods.flatMap(pod => pod.containers).reduce((sum, one) => sum + one.restarts, 0);
  if (check.restarts !== undefined && restarts > check.restarts) {
    throw wrong(`its containers were restarted ${restarts} times; wanted: at most ${check.restarts}`, false);
  }
  const least = check.endpoints ?? wanted;
  const short = backEnds.find(one => one.ready < least);
  if (short !== undefined)
    throw wrong(`the Service ${short.service} has ${short.ready} ready endpoints of it; wanted: ${least}`);
  if (check.endpoints !== undefined && backEnds.length === 0) throw wrong('no Service selects its pods');
  trace.anchor = `${object.metadata.generation} ${pods
    .map(pod => pod.name)
    .sort()
    .join(' ')} ${restarts}`;
  const behind = backEnds.map(one => one.service).join(', ');
  return `${ready} of ${wanted} pods are ready${behind === '' ? '' : `, behind ${behind}`}, restarted ${restarts} times`;
}

function countsOf(object: KubeObject): { wanted: number; updated: number; ready: number; total: number } {
  const [spec, status] = [object['spec'], object['status'] ?? {}];
  if (status.desiredNumberScheduled !== undefined) {
    const { desiredNumberScheduled: wanted, updatedNumberScheduled: updated = 0, numberReady: ready = 0 } = status;
    return { wanted, updated, ready, total: wanted };
  }
  const wanted = spec.replicas ?? 1;
  // A StatefulSet that is done has one revision only; updatedReplicas then counts all.
  const updated =
    status.updateRevision !== undefined && status.updateRevision === status.currentRevision
      ? (status.replicas ?? 0)
      : (status.updatedReplicas ?? 0);
  return { wanted, updated, ready: status.readyReplicas ?? 0, total: status.replicas ?? 0 };
}

function troubles(pods: readonly PodView[]): string {
  const bad = pods.filter(pod => !pod.ready && !pod.deleting).map(pod => pod.name);
  return bad.length === 0 ? '' : `; not: ${bad.slice(0, 5).join(', ')}`;
}
