import { type Cluster, deploymentPath } from '../../core/kubernetes/index.ts';
import { routePath } from '../routers/find-route.ts';
import { changeRoute } from './change-route.ts';
import { changeWorkload } from './change-workload.ts';
import type { Release } from './message.ts';
import { routeKinds } from './route-kinds.ts';
import type { Tree } from './tree.ts';

/** What is written through git, and how. Base and release are another rollout's when a run ends one and begins the next. */
export interface Rendering {
  readonly tree: Tree;
  /** The commit before the rollout. */
  base: string;
  release: Release;
  /** The input. */
  readonly container: string | undefined;
  /** Milliseconds that the cluster may take to follow a commit. */
  readonly within: number;
}

/**
 * The cluster whose workload and routes belong to somebody who takes them from git: a change of these is a commit, and is done
 * when the cluster shows it. Everything else (the canary beside the workload, the state) is ours, and is written as ever.
 */
export function throughGit(cluster: Cluster, rendering: Rendering): Cluster {
  const { namespace } = cluster;
  const never = new AbortController().signal;
  return {
    ...cluster,
    change(path) {
      if (path === deploymentPath(namespace, rendering.release.workload))
        return (plan, signal = never) => changeWorkload(cluster, path, rendering, plan, signal);
      const kind = routeKinds.find(one => path.startsWith(`${routePath(one, namespace)}/`));
      return kind && ((plan, signal = never) => changeRoute(cluster, path, kind, rendering, plan, signal));
    },
  };
}
