import type { Cluster } from '../../core/kubernetes/index.ts';
import type { RouterState, RouteState } from '../state.ts';
import { gateway } from './gateway.ts';
import { istio } from './istio.ts';
import type { Router, RouterModule } from './router.ts';
import { service } from './service.ts';
import { traefik } from './traefik.ts';

const weighted: Record<RouteState['kind'], RouterModule<RouteState>> = { gateway, traefik, istio };
const modules = { service, ...weighted };

/** The module of a kind of router, for states of that kind. */
export const moduleOf = (kind: RouterState['kind']) => modules[kind] as RouterModule<RouterState>;

export function routerOf(cluster: Cluster, workload: string, state: RouterState): Router {
  return moduleOf(state.kind).make(cluster, workload, state);
}
