import { isDeepStrictEqual } from 'node:util';
import { sleep } from '../../core/deadline.ts';
import { SlipwayError } from '../../core/errors.ts';
import { type Cluster, isApiError, type KubeObject, patchObject } from '../../core/kubernetes/index.ts';
import { namesOf } from '../names.ts';
import type { RouterState } from '../state.ts';
import { backendRefsOf, divided, isDivided, type RouteRule, routePatch } from '../weights.ts';
import type { Router } from './router.ts';

export const routeApi = 'gateway.networking.k8s.io/v1';

export function routePath(namespace: string, name: string): string {
  return `/apis/${routeApi}/namespaces/${encodeURIComponent(namespace)}/httproutes/${encodeURIComponent(name)}`;
}

/** Weights of an HTTPRoute: exact shares, by the Gateway's data plane. */
export function gatewayRouter(cluster: Cluster, workload: string, state: RouterState & { kind: 'gateway' }): Router {
  const { canary } = namesOf(workload);
  const path = routePath(cluster.namespace, state.route);
  const set = (wanted: (rule: RouteRule) => ReturnType<typeof divided>, signal: AbortSignal) =>
    patchObject(
      cluster,
      path,
      route => routePatch(route, state.rules, wanted, (refs, rule) => isDivided(refs, rule, canary)),
      signal,
    );
  return {
    kind: 'gateway',
    full: true,
    podsFor: percent => Math.max(1, Math.ceil((state.replicas * percent) / 100)),
    async shift(percent, signal) {
      const wanted = (rule: RouteRule) => divided(rule, state.service, canary, percent);
      await set(wanted, signal);
      const route = await accepted(cluster, path, signal);
      for (const rule of state.rules) {
        const now = backendRefsOf(route, rule.index);
        if (!isDeepStrictEqual(now, wanted(rule)))
          throw new SlipwayError(
            'ROUTE_EDITED',
            `HTTPRoute/${state.route}: the weights that were written are not there any more`,
            { hint: 'Somebody else writes to this route. Stop that, or give the release a route of its own.' },
          );
      }
      return backendRefsOf(route, state.rules[0]!.index)
        .map(ref => `${ref.name}=${ref.weight}`)
        .join(' ');
    },
    async restore(signal) {
      try {
        await set(rule => [...rule.backendRefs], signal);
      } catch (error) {
        if (!isApiError(error, 404)) throw error; // a route that was deleted leads nowhere
      }
    },
  };
}

/** Waits a moment for the Gateway's controllers to see the change; a controller that refuses it is an error, one that says nothing is not. */
async function accepted(cluster: Cluster, path: string, signal: AbortSignal): Promise<KubeObject> {
  for (let attempt = 0; ; attempt++) {
    const route = await cluster.request<KubeObject>('GET', path, { signal });
    const conditions = conditionsOf(route);
    const current = conditions.filter(
      ({ observedGeneration = 0 }) => observedGeneration >= (route.metadata.generation ?? 0),
    );
    const refused = current.find(
      ({ type, status }) => (type === 'Accepted' || type === 'ResolvedRefs') && status === 'False',
    );
    if (refused !== undefined && attempt > 4)
      throw new SlipwayError(
        'ROUTE_REFUSED',
        `HTTPRoute/${route.metadata.name} is not accepted by its Gateway: ${refused.reason} ${refused.message}`,
        { hint: 'See parentRefs and backendRefs of the route.' },
      );
    if ((refused === undefined && current.some(({ type }) => type === 'Accepted')) || attempt === 10) return route;
    await sleep(200, signal);
  }
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly observedGeneration?: number;
}

function conditionsOf(route: KubeObject): Condition[] {
  return (route['status']?.parents ?? []).flatMap((parent: { conditions?: Condition[] }) => parent.conditions ?? []);
}
