import {
  type Cluster,
  getObject,
  isApiError,
  type KubeObject,
  nameOf,
  patchObject,
  serverSideApply,
} from '../../core/kubernetes/index.ts';
import { log } from '../../core/log.ts';
import type { Session } from '../session.ts';
import type { Progress, RolloutState } from '../state.ts';
import { JobLog } from './job-log.ts';
import { conditionOf, jobPath, waitJob } from './wait-job.ts';

/** Runs the Jobs of a rollout one after the other; what a run before this one has seen the end of is not run again. */
export async function runJobs(session: Session): Promise<void> {
  const { cluster, journal, signal } = session;
  const { jobs = [] } = session.state.progress.work;
  for (let done = session.state.progress.jobsDone ?? 0; done < jobs.length; done++) {
    const job = jobs[done]!;
    const path = jobPath(cluster, job.metadata.name);
    const began = Date.now();
    await journal.span(`${nameOf(job)}, before the first step`, () =>
      log.group(nameOf(job), async () => {
        // one that a run before this one made goes on, or has ended
        if ((await getObject(cluster, path, signal)) === undefined)
          await serverSideApply(cluster, path, job, { signal });
        await waitJob(cluster, job, await JobLog.open(cluster, job, line => log.info(`  ${line}`), signal), signal);
      }),
    );
    journal.note(`${nameOf(job)} has ended well, after ${Math.round((Date.now() - began) / 1000)} s.`);
    await session.save({}, { jobsDone: done + 1 });
  }
}

/** Jobs that have not ended well yet, as far as the state knows. */
export function jobsLeft({ progress }: { readonly progress?: Progress | undefined }): readonly KubeObject[] {
  return progress?.work.jobs?.slice(progress.jobsDone ?? 0) ?? [];
}

/** A rollout that is given up leaves no Job running: it is suspended, which ends its pods, and is kept to be looked at. */
export async function stopJobs(cluster: Cluster, state: RolloutState, signal: AbortSignal): Promise<void> {
  for (const job of jobsLeft(state)) {
    const path = jobPath(cluster, job.metadata.name);
    try {
      const found = await getObject(cluster, path, signal);
      if (found === undefined || conditionOf(found) !== undefined || found['spec'].suspend === true) continue;
      await patchObject(
        cluster,
        path,
        now => (conditionOf(now) === undefined ? [{ op: 'add', path: '/spec/suspend', value: true }] : undefined),
        signal,
      );
      log.info(`${nameOf(job)} was suspended: its pods end, and it is kept to be looked at.`);
    } catch (error) {
      if (!isApiError(error, 404)) throw error;
    }
  }
}
