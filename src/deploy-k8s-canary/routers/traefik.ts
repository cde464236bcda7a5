import type { KubeObject } from '../../core/kubernetes/index.ts';
import type { Backend, RouteKind } from '../weights.ts';
import { withMirrorService } from './traefik-mirror.ts';
import { weightedRouter } from './weighted.ts';

/** A list of services, in both kinds. */
const shared = {
  apiVersion: 'traefik.io/v1alpha1',
  from: 'Traefik’s custom resource definitions',
  nameAt: '/name',
  serviceOf: ({ kind = 'Service', namespace: elsewhere, name }, namespace) =>
    kind === 'Service' && (elsewhere ?? namespace) === namespace ? String(name) : undefined,
  toService: (backend, name) => ({ ...backend, name }),
  weightOf: ({ weight = 1 }) => weight,
  toMirror: ({ weight }, name) => ({ kind: 'TraefikService', name, ...(weight === undefined ? {} : { weight }) }),
} satisfies Partial<RouteKind>;

/** https://doc.traefik.io/traefik/reference/routing-configuration/kubernetes/crd/http/ingressroute/ */
export const ingressRoute: RouteKind = {
  ...shared,
  kind: 'IngressRoute',
  plural: 'ingressroutes',
  rules: route =>
    routesOf(route).map(({ services = [] }, i) => ({ at: `/spec/routes/${i}/services`, backends: services })),
  sticky: route =>
    stickyOf(
      route,
      routesOf(route).flatMap(({ services = [] }) => services),
    ),
};

/** https://doc.traefik.io/traefik/reference/routing-configuration/kubernetes/crd/http/traefikservice/ */
export const traefikService: RouteKind = {
  ...shared,
  kind: 'TraefikService',
  plural: 'traefikservices',
  rules: route => {
    const backends = weightedOf(route)?.services;
    return backends === undefined ? [] : [{ at: '/spec/weighted/services', backends }];
  },
  sticky: route => stickyOf(route, [weightedOf(route) ?? {}, ...(weightedOf(route)?.services ?? [])]),
};

/** Weights of an IngressRoute or a TraefikService: exact shares, by Traefik. */
export const traefik = withMirrorService(
  weightedRouter('traefik', [ingressRoute, traefikService]),
  [ingressRoute, traefikService],
  traefikService,
);

function routesOf(route: KubeObject): readonly { readonly services?: readonly Backend[] }[] {
  return route['spec']?.routes ?? [];
}

function weightedOf(route: KubeObject): { readonly services?: readonly Backend[] } | undefined {
  return route['spec']?.weighted;
}

function stickyOf(route: KubeObject, parts: readonly object[]): string | undefined {
  return parts.some(part => 'sticky' in part) ? `sticky of ${route.kind}/${route.metadata.name}` : undefined;
}
