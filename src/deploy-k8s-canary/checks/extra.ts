import type { KubeObject } from '../../core/kubernetes/index.ts';
import { ratioFor } from '../ratio.ts';
import { countsOf } from '../rollout.ts';
import { surgeOfNodes } from '../sets/nodes.ts';
import type { RouterState } from '../state.ts';

/** Pods beyond those that are there, at the busiest moment of a rollout, but for {@link freshPods}. Pure. */
export function extraPods(
  { spec }: KubeObject,
  live: KubeObject | undefined,
  router: RouterState | undefined,
  steps: readonly number[],
  podsFor: (percent: number) => number,
): number {
  if (live === undefined) return spec.replicas ?? 1;
  if (live.kind === 'DaemonSet') return surgeOfNodes({ ...live, spec }, countsOf(live).wanted);
  if (live.kind === 'StatefulSet') return Math.max(0, countsOf({ ...live, spec }).wanted - countsOf(live).wanted);
  const surge = surgeOf(live);
  if (router === undefined) return surge;
  const below = steps.filter(step => step < 100);
  if (router.kind !== 'service') return Math.max(...steps.map(podsFor)) + surge;
  // new pods come before old ones go, and the promotion scales up before it replaces
  const { replicas } = router;
  const moments = below.map((step, index) => {
    const lowered = index > 0 && router.baseline === undefined && router.scaled === undefined;
    const before = lowered ? ratioFor(below[index - 1]!, replicas).stable : replicas;
    return before + podsFor(step) - replicas;
  });
  return Math.max(...moments, podsFor(below.at(-1)!) + surge);
}

/** Fresh pods of the old release: at the last step with most of them, and until the rollout ends. Pure. */
export function freshPods(
  router: RouterState | undefined,
  steps: readonly number[],
  podsFor: (percent: number) => number,
): number {
  if (router?.baseline === undefined) return 0;
  return Math.max(...steps.filter(step => step < 100).map(step => podsFor(Math.min(step, 50))));
}

/** Pods that a rolling update makes before it takes any away. */
export function surgeOf({ spec }: KubeObject): number {
  if (spec.strategy?.type === 'Recreate') return 0;
  const surge: number | string = spec.strategy?.rollingUpdate?.maxSurge ?? '25%';
  if (typeof surge === 'number') return surge;
  return Math.ceil((Number.parseInt(surge, 10) / 100) * (spec.replicas ?? 1));
}
