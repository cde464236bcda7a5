import type { Cluster } from '../../core/kubernetes/index.ts';
import type { Options } from '../options.ts';
import type { RouterState, RouteState } from '../state.ts';
import { gateway } from './gateway.ts';
import { istio } from './istio.ts';
import type { Made, Router, RouterModule } from './router.ts';
import { selector } from './selector.ts';
import { service } from './service.ts';
import { traefik } from './traefik.ts';

const weighted: Record<RouteState['kind'], RouterModule<RouteState>> = { gateway, traefik, istio };
const modules = { service, selector, ...weighted };

/** The module of a kind of router, for states of that kind. */
export const moduleOf = (kind: RouterState['kind']) => modules[kind] as RouterModule<RouterState>;

/** Which one the inputs ask for: pods behind a plain Service that are switched at once need no ratio. */
export function routerKind({ router, strategy }: Pick<Options, 'router' | 'strategy'>): RouterState['kind'] {
  return router === 'service' && strategy === 'blue-green' ? 'selector' : router;
}

export function routerOf(cluster: Cluster, workload: string, state: RouterState): Router {
  return moduleOf(state.kind).make(cluster, workload, state);
}

/** Objects that a rollout's router makes beside the route. */
export function madeByRouter(
  cluster: Cluster,
  { workload, router }: { readonly workload: string; readonly router?: RouterState | undefined },
): readonly Made[] {
  return (router && routerOf(cluster, workload, router).made) ?? [];
}
