import { isDeepStrictEqual } from 'node:util';
import { SlipwayError } from '../../core/errors.ts';
import {
  type Cluster,
  getObject,
  isApiError,
  type KubeObject,
  patchObject,
  permissions,
} from '../../core/kubernetes/index.ts';
import { namesOf } from '../names.ts';
import type { RouteState } from '../state.ts';
import {
  type Backend,
  backendsAt,
  describeBackends,
  divided,
  type RouteKind,
  type RouteRule,
  routePatch,
  type Share,
} from '../weights.ts';
import { findRoute, routePath } from './find-route.ts';
import type { RouterModule } from './router.ts';

/** Waits until the data plane has taken the change; the route as it is then. */
export type Accepted = (cluster: Cluster, path: string, signal: AbortSignal) => Promise<KubeObject>;

export const readBack: Accepted = (cluster, path, signal) => cluster.request('GET', path, { signal });

/** Whom a route leads to in a rollout of the workload. */
export function shareOf({ service, baseline }: RouteState, workload: string, namespace: string): Share {
  const names = namesOf(workload);
  return { namespace, service, canary: names.canary, baseline: baseline && names.baseline, mirror: names.mirror };
}

/** Weights in an object of one of these kinds: exact shares, by the data plane that reads it. */
export function weightedRouter(
  name: RouteState['kind'],
  kinds: readonly RouteKind[],
  accepted: Accepted = readBack,
): RouterModule<RouteState> {
  const kindOf = ({ object }: RouteState) => kinds.find(({ kind }) => kind === object)!;
  return {
    permissions: () => [
      ...permissions('get,create,patch,delete services'),
      ...kinds.flatMap(({ plural, apiVersion }) => permissions(`get,list,patch ${plural}.${apiVersion.split('/')[0]}`)),
    ],
    find: search => findRoute(name, kinds, search),
    where: state => `${state.object}/${state.route}, Service/${state.service}`,
    step(state, workload, namespace, percent) {
      const kind = kindOf(state);
      return state.rules
        .map(rule =>
          describeBackends(kind, divided(kind, rule, shareOf(state, workload, namespace), percent), namespace),
        )
        .join('; ');
    },
    make(cluster, workload, state) {
      const kind = kindOf(state);
      const share = shareOf(state, workload, cluster.namespace);
      const path = routePath(kind, cluster.namespace, state.route);
      const set = (wanted: (rule: RouteRule) => readonly Backend[], signal: AbortSignal) =>
        patchObject(cluster, path, route => routePatch(kind, route, state.rules, share, wanted), signal);
      return {
        kind: name,
        full: true,
        podsFor: (percent, replicas) => Math.max(1, Math.ceil((replicas * percent) / 100)),
        async shift(percent, signal) {
          const wanted = (rule: RouteRule) => divided(kind, rule, share, percent);
          await set(wanted, signal);
          const route = await accepted(cluster, path, signal);
          for (const rule of state.rules) {
            if (!isDeepStrictEqual(backendsAt(kind, route, rule), wanted(rule)))
              throw new SlipwayError(
                'ROUTE_EDITED',
                `${kind.kind}/${state.route}: the weights that were written are not there any more`,
                { hint: 'Somebody else writes to this route. Stop that, or give the release a route of its own.' },
              );
          }
          return describeBackends(kind, wanted(state.rules[0]!), cluster.namespace);
        },
        async restore(signal) {
          try {
            await set(rule => rule.backends, signal);
          } catch (error) {
            if (!isApiError(error, 404)) throw error; // a route that was deleted leads nowhere
          }
        },
        async former(signal) {
          const route = await getObject(cluster, path, signal);
          const place = `${kind.kind}/${state.route}`;
          if (route === undefined) return { ok: true, seen: `${place} was deleted` };
          const now = state.rules.map(rule => backendsAt(kind, route, rule));
          const says = now.map(backends => describeBackends(kind, backends, cluster.namespace)).join(', ');
          return {
            ok: state.rules.every((rule, i) => isDeepStrictEqual(now[i], rule.backends)),
            seen: `${place}: ${says}`,
          };
        },
      };
    },
  };
}
