import { SlipwayError } from '../../core/errors.ts';
import type { Cluster } from '../../core/kubernetes/index.ts';
import { log } from '../../core/log.ts';
import type { Options } from '../options.ts';
import { isUnfinished, readState } from '../state.ts';
import { asRendered } from './as-rendered.ts';
import { plansRendered } from './plans-rendered.ts';
import { throughGit } from './through-git.ts';
import { openTree, type Tree } from './tree.ts';

/** Modes that may go on with a rollout, or take one back. */
const steering: readonly string[] = ['rollback', 'resume', 'promote', 'abort'];

/**
 * The cluster as the mode is to write to it: for `render`, and for what steers a rollout that was begun by it, through the working
 * tree that `manifests` names.
 */
export async function openRendered(
  cluster: Cluster,
  options: Options,
  signal: AbortSignal,
): Promise<{ readonly cluster: Cluster; readonly options: Options }> {
  const { mode, workload, manifests, directory } = options;
  const plans = mode === 'plan' && (await plansRendered(cluster, options, signal));
  const renders = mode === 'render' || plans;
  if (workload === undefined || !(renders || steering.includes(mode))) return { cluster, options };
  const push = options.push && !plans; // a plan needs no branch
  // the tree first: what is wrong with it is said before anything is asked of the cluster
  const open = () => openTree(manifests, { directory, pushes: push, signal });
  const opened = renders ? await open() : undefined;
  const state = await readState(cluster, workload, signal);
  if (!renders && state?.render === undefined) return { cluster, options };
  if (manifests.length === 0 || (!renders && !push))
    throw new SlipwayError(
      'RENDER_NEEDED',
      `the last rollout of Deployment/${workload.name} was written through git, and there is nowhere to write to: it takes "manifests" and push: true`,
      { hint: `Give mode: ${mode} the checkout and these inputs, as that run had them. Nothing was changed.` },
    );
  const tree = opened ?? (await open());
  const known = [state?.image, state?.previous].filter(one => one !== undefined);
  const image = options.image && asRendered(await tree.sources(), options.image, { known, version: options.releaseId });
  const releaseId = options.releaseId === options.image ? (image ?? '') : options.releaseId;
  const left = isUnfinished(state) ? state : undefined;
  const rendered = {
    tree,
    base: left?.render?.base ?? (await tree.head(signal)),
    release: {
      workload: workload.name,
      id: left?.release ?? (releaseId || (state?.release ?? '')),
      image: left?.image ?? image ?? state?.image ?? '',
    },
    container: options.container ?? state?.container,
    within: options['sync-timeout'],
  };
  if (!plans) log.info(whereTo(tree));
  const given = { ...options, ...(image === undefined ? {} : { image, releaseId }), manifests: [], rendered };
  return { cluster: throughGit(cluster, rendered), options: given };
}

function whereTo({ upstream }: Tree): string {
  if (upstream === undefined) return 'Commits stay in the working tree: push is false.';
  return `Commits go to ${upstream.ref} of ${upstream.remote}.`;
}
