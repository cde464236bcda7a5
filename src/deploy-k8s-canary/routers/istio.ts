import { SlipwayError } from '../../core/errors.ts';
import { type KubeList, type KubeObject, permissions } from '../../core/kubernetes/index.ts';
import type { RouteState } from '../state.ts';
import type { Backend, RouteKind } from '../weights.ts';
import type { MirrorForm } from './mirror-list.ts';
import { withMirrors } from './mirrored.ts';
import type { FoundRouter, Search } from './router.ts';
import { readBack, weightedRouter } from './weighted.ts';

interface Destination {
  readonly host: string;
  readonly [field: string]: unknown;
}

const destinationOf = (backend: Backend) => backend['destination'] as Destination;

/** https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPRouteDestination */
export const virtualService: RouteKind = {
  apiVersion: 'networking.istio.io/v1',
  kind: 'VirtualService',
  plural: 'virtualservices',
  from: 'Istio’s custom resource definitions',
  nameAt: '/destination/host',
  rules: route => routesOf(route).map(({ route: backends = [] }, i) => ({ at: `/spec/http/${i}/route`, backends })),
  /** `hello`, `hello.shop`, `hello.shop.svc.cluster.local`. */
  serviceOf(backend, namespace) {
    const [name, elsewhere = namespace, svc = 'svc'] = destinationOf(backend).host.split('.');
    return elsewhere === namespace && svc === 'svc' ? name : undefined;
  },
  /** Without the subset: it is defined for the stable Service's host only. */
  toService(backend, name) {
    const { subset: _, host, ...rest } = destinationOf(backend);
    return { ...backend, destination: { ...rest, host: host.replace(/^[^.]*/, name) } };
  },
  /** A destination that is alone gets everything, whatever it says; beside others none means none. */
  weightOf: ({ weight }, alone) => (alone ? 1 : (weight ?? 0)),
};

/** https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPMirrorPolicy */
export const httpMirror: MirrorForm = {
  field: 'mirrors',
  entry: (backend, percent) => ({ destination: destinationOf(backend), percentage: { value: percent } }),
  target: ({ destination }) => String(destination?.host).split('.')[0],
};

const weighted = withMirrors(
  weightedRouter('istio', [virtualService]),
  virtualService,
  httpMirror,
  readBack,
  refuseSingleMirror,
);

/** Istio takes `mirror` or `mirrors`, not both; one that is there is neither moved nor taken out. */
async function refuseSingleMirror(_: Search, { state, written }: FoundRouter<RouteState>): Promise<void> {
  const routes = routesOf(written[0]!);
  const taken = state.rules.find(({ at }) => routes[Number(at.split('/')[3])]?.mirror !== undefined);
  if (taken === undefined) return;
  const place = taken.at.replace(/[^/]*$/, '');
  throw new SlipwayError(
    'MIRROR_UNSUPPORTED',
    `requests cannot be mirrored: VirtualService/${state.route} has ${place}mirror, beside which Istio takes no second one`,
    { hint: `Write it as an entry of ${place}mirrors, or leave "mirror" out. Nothing was changed.` },
  );
}

/** Weights of a VirtualService. What Istio's data plane makes of them is seen only by the observed split. */
export const istio: typeof weighted = {
  ...weighted,
  permissions: options => [
    ...weighted.permissions(options),
    ...permissions('list destinationrules.networking.istio.io'),
  ],
  async find(search) {
    const found = await weighted.find(search);
    return { ...found, sticky: await hashOf(search, found.state.service) };
  },
};

/** A DestinationRule that sends a user always to the same pod. */
async function hashOf({ cluster, signal }: Search, service: string): Promise<string | undefined> {
  const path = `/apis/networking.istio.io/v1/namespaces/${encodeURIComponent(cluster.namespace)}/destinationrules`;
  const { items } = await cluster.request<KubeList>('GET', path, { signal });
  const rule = items.find(
    one =>
      String(one['spec']?.host).split('.')[0] === service &&
      one['spec'].trafficPolicy?.loadBalancer?.consistentHash !== undefined,
  );
  return rule && `consistentHash of DestinationRule/${rule.metadata.name}`;
}

function routesOf(route: KubeObject): readonly { readonly route?: readonly Backend[]; readonly mirror?: object }[] {
  return route['spec']?.http ?? [];
}
