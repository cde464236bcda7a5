import type { Cluster, Kinds, KubeObject } from '../../core/kubernetes/index.ts';
import { dryRun } from '../dry-run.ts';
import { loadManifests } from '../manifests.ts';
import type { Options } from '../options.ts';
import { jobOf, type Release, withUniqueName } from './jobs.ts';

/** The Jobs that run before the first step, each under its own name; the server has tried them, and stored nothing. */
export async function planJobs(
  cluster: Cluster,
  kinds: Kinds,
  options: Options,
  release: Omit<Release, 'within'>,
  signal: AbortSignal,
): Promise<readonly KubeObject[]> {
  const manifests = await loadManifests(options.before, options.directory, cluster.namespace);
  const jobs = manifests.map(one => jobOf(one, { ...release, within: options['before-timeout'] }));
  const named = jobs.map(job => withUniqueName(job, ''));
  await dryRun(cluster, kinds, named, signal);
  return jobs;
}
