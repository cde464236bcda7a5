import type { KubeObject } from '../../core/kubernetes/index.ts';
import type { Backend, RouteKind } from '../weights.ts';
import { weightedRouter } from './weighted.ts';

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
  rules: route =>
    routesOf(route).map(({ route: backends = [] }, i) => ({ at: `/spec/http/${i}/route`, backends })),
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

/** Weights of a VirtualService. What Istio's data plane makes of them is seen only by the observed split. */
export const istio = weightedRouter('istio', [virtualService]);

function routesOf(route: KubeObject): readonly { readonly route?: readonly Backend[] }[] {
  return route['spec']?.http ?? [];
}
