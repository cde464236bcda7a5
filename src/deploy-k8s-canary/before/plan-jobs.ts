import type { Cluster, Kinds, KubeObject } from '../../core/kubernetes/index.ts';
import { dryRun } from '../dry-run.ts';
import { jobOf, type Release, withUniqueName } from './jobs.ts';

/** The Jobs that run before the first step, each under its own name; the server has tried them, and stored nothing. */
export async function planJobs(
  cluster: Cluster,
  kinds: Kinds,
  manifests: readonly KubeObject[],
  release: Release,
  signal: AbortSignal,
): Promise<readonly KubeObject[]> {
  const jobs = manifests.map(one => jobOf(one, release));
  const named = jobs.map(job => withUniqueName(job, ''));
  await dryRun(cluster, kinds, named, signal);
  return jobs;
}
