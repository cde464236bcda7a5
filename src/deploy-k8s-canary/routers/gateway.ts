import { sleep } from '../../core/deadline.ts';
import { SlipwayError } from '../../core/errors.ts';
import type { Cluster, KubeObject } from '../../core/kubernetes/index.ts';
import type { Backend, RouteKind } from '../weights.ts';
import { withTracks } from './tracked.ts';
import { isTrack } from './tracks.ts';
import { weightedRouter } from './weighted.ts';

interface Rule {
  readonly backendRefs?: readonly Backend[];
  readonly sessionPersistence?: object;
}

const rulesOf = (route: KubeObject): readonly Rule[] => route['spec']?.rules ?? [];

/** https://gateway-api.sigs.k8s.io/reference/spec/#httproute */
export const httpRoute: RouteKind = {
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'HTTPRoute',
  plural: 'httproutes',
  from: 'the Gateway API',
  nameAt: '/name',
  rules: route =>
    rulesOf(route).flatMap((rule, i) =>
      isTrack(rule) ? [] : [{ at: `/spec/rules/${i}/backendRefs`, backends: rule.backendRefs ?? [] }],
    ),
  serviceOf: ({ kind = 'Service', group = '', namespace: elsewhere, name }, namespace) =>
    kind === 'Service' && group === '' && (elsewhere ?? namespace) === namespace ? String(name) : undefined,
  toService: (backend, name) => ({ ...backend, name }),
  weightOf: ({ weight = 1 }) => weight,
  sticky: route =>
    rulesOf(route).some(rule => rule.sessionPersistence !== undefined)
      ? `sessionPersistence of HTTPRoute/${route.metadata.name}`
      : undefined,
};

/** Weights of an HTTPRoute: exact shares, by the Gateway's data plane. */
export const gateway = withTracks(weightedRouter('gateway', [httpRoute], accepted), httpRoute, accepted);

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
