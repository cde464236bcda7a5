import {
  type Cluster,
  corePath,
  explainPod,
  getObject,
  type KubeList,
  type KubeObject,
  nameOf,
  troubleOf,
} from '../../core/kubernetes/index.ts';
import { RolloutError } from '../rollout-error.ts';
import type { JobLog } from './job-log.ts';

export function jobPath(cluster: Cluster, name: string): string {
  return `/apis/batch/v1/namespaces/${encodeURIComponent(cluster.namespace)}/jobs/${encodeURIComponent(name)}`;
}

/** The Job controller ends a Job at its deadline; it may be late, and the clocks may differ. Milliseconds. */
const grace = 60_000;

/** What ends the waiting at once: no other try goes better. */
const troubles = ['IMAGE_PULL', 'CONTAINER_CONFIG'];

/**
 * Waits until a Job has ended, and tells what it writes meanwhile.
 *
 * @throws JOB_FAILED, JOB_DEADLINE with container, exit code and last lines; IMAGE_PULL, CONTAINER_CONFIG within seconds
 */
export async function waitJob(cluster: Cluster, job: KubeObject, log: JobLog, signal: AbortSignal): Promise<void> {
  const { name } = job.metadata;
  const within = 1000 * (job['spec'].activeDeadlineSeconds as number) + grace;
  let ends: End[] = []; // the controller deletes pods of a Job that has failed
  await cluster.watch(corePath(cluster.namespace, 'pods'), {
    doing: `waiting for ${nameOf(job)}`,
    within,
    signal,
    labelSelector: `job-name=${name}`,
    async seen(pods) {
      const now = await getObject(cluster, jobPath(cluster, name), signal); // before the logs: what ended has said all
      const ended = now && conditionOf(now);
      // a watch may be behind what the Job's controller has seen
      const present = ended === undefined ? pods : await podsOfJob(cluster, name, signal);
      await log.follow(present, signal);
      if (present.length > 0) ends = present.flatMap(endsOf);
      if (now === undefined)
        throw new RolloutError('JOB_FAILED', `${nameOf(job)} was deleted while it ran`, { hint: serves });
      if (ended?.type === 'Complete') return true;
      if (ended !== undefined) throw failed(cluster, job, ended, { pods: present, ends, log });
      if (now['spec'].suspend === true)
        throw new RolloutError('JOB_FAILED', `${nameOf(job)} was suspended before it ended`, { hint: serves });
      const trouble = pods.map(troubleOf).find(one => one?.final && troubles.includes(one.code));
      if (trouble === undefined) return undefined;
      throw new RolloutError(trouble.code, `${nameOf(job)}: ${trouble.detail}`, {
        hint: serves,
        lines: await explainPod(cluster, trouble, signal),
      });
    },
  });
}

async function podsOfJob(cluster: Cluster, name: string, signal: AbortSignal): Promise<readonly KubeObject[]> {
  const query = { labelSelector: `job-name=${name}` };
  return (await cluster.request<KubeList>('GET', corePath(cluster.namespace, 'pods'), { query, signal })).items;
}

const serves = 'No pod of the new release was started.';

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

export function conditionOf(job: KubeObject): Condition | undefined {
  const conditions: Condition[] = job['status']?.conditions ?? [];
  return conditions.find(({ type, status }) => ['Complete', 'Failed'].includes(type) && status === 'True');
}

function failed(
  cluster: Cluster,
  job: KubeObject,
  { reason, message }: Condition,
  { pods, ends, log }: { pods: readonly KubeObject[]; ends: readonly End[]; log: JobLog },
): RolloutError {
  const late = reason === 'DeadlineExceeded';
  const worst = ends.find(({ exitCode }) => exitCode !== 0);
  const waiting = pods.map(troubleOf).find(one => one !== undefined);
  const what = [
    ...(late ? [`took longer than ${job['spec'].activeDeadlineSeconds} s`] : []),
    ...(worst === undefined
      ? []
      : [`container ${worst.container} of pod ${worst.pod} ended with exit code ${worst.exitCode} (${worst.reason})`]),
    ...(worst === undefined && waiting !== undefined ? [waiting.detail] : []),
    ...(late || worst !== undefined ? [] : [message ?? reason ?? 'failed']),
  ].join('; ');
  const lines = worst === undefined ? [] : log.tail(worst.pod, worst.container).map(line => `log ${line}`);
  return new RolloutError(late ? 'JOB_DEADLINE' : 'JOB_FAILED', `${nameOf(job)}: ${what}`, {
    hint: `${serves} The Job is kept for ${job['spec'].ttlSecondsAfterFinished} s: kubectl -n ${cluster.namespace} describe job ${job.metadata.name}`,
    lines,
  });
}

interface End {
  readonly pod: string;
  readonly container: string;
  readonly exitCode: number;
  readonly reason: string;
}

function endsOf({ metadata, status = {} }: KubeObject): End[] {
  const all = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
  return all.flatMap(({ name, state = {}, lastState = {} }) => {
    const ended = state.terminated ?? lastState.terminated;
    return ended === undefined
      ? []
      : [{ pod: metadata.name, container: name, exitCode: ended.exitCode as number, reason: ended.reason as string }];
  });
}
