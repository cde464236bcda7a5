import { type Cluster, getObject, workloadPath } from '../../core/kubernetes/index.ts';
import { log } from '../../core/log.ts';
import type { Options } from '../options.ts';
import { ownerOf } from './owner.ts';
import { refuseUnrendered } from './refuse-unrendered.ts';

/**
 * Whether `mode: plan` is the plan of `mode: render`: `push` asks for it, or the workload belongs to somebody who takes it from git.
 * Where it is his and no manifests are named, nothing could be rendered: the preflight says whose it is.
 *
 * @throws what `mode: render` would refuse
 */
export async function plansRendered(cluster: Cluster, options: Options, signal: AbortSignal): Promise<boolean> {
  const { workload, manifests, push, image } = options;
  if (workload === undefined || manifests.length === 0) return false;
  const live = await getObject(cluster, workloadPath(cluster.namespace, workload), signal);
  const owner = live && ownerOf(live);
  if (!push && owner?.fromGit !== true) return false;
  if (owner !== undefined)
    log.info(
      `${workload.kind}/${workload.name} is owned by ${owner.who} (${owner.by}): this is the plan of mode: render.`,
    );
  refuseUnrendered(options, image?.split('@')[1]);
  return true;
}
