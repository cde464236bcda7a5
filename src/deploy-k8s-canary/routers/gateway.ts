import { sleep } from '../../core/deadline.ts';
import { SlipwayError } from '../../core/errors.ts';
import { type Cluster, type KubeObject, permissions } from '../../core/kubernetes/index.ts';
import type { Options } from '../options.ts';
import type { RouteState } from '../state.ts';
import type { Backend, RouteKind } from '../weights.ts';
import { requireFeatures } from './gateway-features.ts';
import type { MirrorForm } from './mirror-list.ts';
import { withMirrors } from './mirrored.ts';
import type { FoundRouter, Search } from './router.ts';
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

/** https://gateway-api.sigs.k8s.io/reference/spec/#httprequestmirrorfilter */
export const requestMirror: MirrorForm = {
  field: 'filters',
  entry: ({ weight: _, filters: __, ...backendRef }, percent) => ({
    type: 'RequestMirror',
    requestMirror: { backendRef, ...(percent === 100 ? {} : { percent }) },
  }),
  target: ({ type, requestMirror: mirror }) => (type === 'RequestMirror' ? mirror?.backendRef?.name : undefined),
};

const weighted = weightedRouter('gateway', [httpRoute], accepted);
const mirroring = withMirrors(weighted, httpRoute, requestMirror, accepted, canMirror);

/** Weights of an HTTPRoute: exact shares, by the Gateway's data plane. */
export const gateway = {
  ...withTracks(mirroring, httpRoute, accepted),
  outside: ({ mirror }: Options) =>
    mirror === undefined
      ? []
      : permissions('get gateways.gateway.networking.k8s.io', 'get gatewayclasses.gateway.networking.k8s.io'),
};

function canMirror({ cluster, signal }: Search, { state, written }: FoundRouter<RouteState>): Promise<void> {
  const several =
    state.baseline !== undefined ||
    state.rules.some(({ mirrors = [] }) => mirrors.some(one => requestMirror.target(one) !== undefined));
  const wanted = [
    'HTTPRouteRequestMirror',
    ...(state.mirror === 100 ? [] : ['HTTPRouteRequestPercentageMirror']),
    ...(several ? ['HTTPRouteRequestMultipleMirrors'] : []),
  ];
  return requireFeatures(cluster, written[0]!, wanted, signal);
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
