import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../src/core/kubernetes/index.ts';
import { httpRoute } from '../../src/deploy-k8s-canary/routers/gateway.ts';
import { virtualService } from '../../src/deploy-k8s-canary/routers/istio.ts';
import { ingressRoute, traefikService } from '../../src/deploy-k8s-canary/routers/traefik.ts';
import {
  type Backend,
  describeBackends,
  divided,
  type RouteKind,
  routePatch,
  rulesTo,
} from '../../src/deploy-k8s-canary/weights.ts';

const ref = (name: string, weight?: number): Backend => ({
  group: '',
  kind: 'Service',
  name,
  port: 80,
  ...(weight === undefined ? {} : { weight }),
});
const route = (...rules: Backend[][]): KubeObject => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'HTTPRoute',
  metadata: { name: 'hello', resourceVersion: '1' },
  spec: { rules: rules.map(backendRefs => ({ backendRefs })) },
});
const at = '/spec/rules/1/backendRefs';
const share = { namespace: 'shop', service: 'hello', canary: 'hello-canary' };

describe('dividing a rule', () => {
  test.each([
    { name: 'alone, no weight', refs: [ref('hello')], percent: 20, expected: 'hello=80 hello-canary=20' },
    { name: 'alone, some weight', refs: [ref('hello', 100)], percent: 50, expected: 'hello=50 hello-canary=50' },
    { name: 'alone, all', refs: [ref('hello', 100)], percent: 100, expected: 'hello=0 hello-canary=100' },
    {
      name: 'beside another, whose share stays',
      refs: [ref('hello', 3), ref('other', 1)],
      percent: 50,
      expected: 'hello=3 hello-canary=3 other=2',
    },
    {
      name: 'a percentage that does not divide',
      refs: [ref('other', 1), ref('hello', 1)],
      percent: 33,
      expected: 'other=100 hello=67 hello-canary=33',
    },
  ])('$name', ({ refs, percent, expected }) => {
    const rule = divided(httpRoute, { at, backends: refs }, share, percent);
    expect(describeBackends(httpRoute, rule, 'shop')).toBe(expected);
  });
  test('unknown fields of the backend go along', () => {
    const filters = [{ type: 'RequestHeaderModifier' }];
    const [, canary] = divided(httpRoute, { at, backends: [{ ...ref('hello'), filters }] }, share, 10);
    expect(canary).toEqual({ group: '', kind: 'Service', name: 'hello-canary', port: 80, weight: 10, filters });
  });
});

describe('only rules that lead to the Service are found', () => {
  const objectOf = (spec: object): KubeObject => ({ apiVersion: 'x/v1', kind: 'X', metadata: { name: 'hello' }, spec });
  const destination = (host: string, subset?: string) => ({ destination: { host, ...(subset ? { subset } : {}) } });
  test.each<{ name: string; kind: RouteKind; spec: object; expected: string[] }>([
    {
      name: 'HTTPRoute',
      kind: httpRoute,
      spec: route([ref('other')], [ref('hello')], [{ ...ref('hello'), kind: 'TraefikService' }])['spec'],
      expected: [at],
    },
    {
      name: 'HTTPRoute, another namespace',
      kind: httpRoute,
      spec: route([{ ...ref('hello'), namespace: 'other' }])['spec'],
      expected: [],
    },
    {
      name: 'IngressRoute',
      kind: ingressRoute,
      spec: {
        routes: [{ services: [{ name: 'hello', kind: 'TraefikService' }] }, { services: [{ name: 'hello' }] }, {}],
      },
      expected: ['/spec/routes/1/services'],
    },
    {
      name: 'TraefikService, weighted',
      kind: traefikService,
      spec: { weighted: { services: [{ name: 'hello', weight: 3 }] } },
      expected: ['/spec/weighted/services'],
    },
    { name: 'TraefikService, mirroring', kind: traefikService, spec: { mirroring: { name: 'hello' } }, expected: [] },
    {
      name: 'VirtualService',
      kind: virtualService,
      spec: {
        http: [
          { route: [destination('hello')] },
          { route: [destination('hello.shop')] },
          { route: [destination('hello.shop.svc.cluster.local')] },
          { route: [destination('hello.other.svc.cluster.local')] },
          { route: [destination('hello.example.com')] },
          { redirect: {} },
        ],
      },
      expected: [0, 1, 2].map(index => `/spec/http/${index}/route`),
    },
  ])('$name', ({ kind, spec, expected }) => {
    expect(rulesTo(kind, objectOf(spec), 'hello', 'shop').map(rule => rule.at)).toEqual(expected);
  });
});

describe('a VirtualService', () => {
  const destination = { host: 'hello.shop.svc.cluster.local', port: { number: 80 }, subset: 'stable' };
  const rule = { at: '/spec/http/0/route', backends: [{ destination }] };
  test('the canary is another host without the subset; weights that were absent are percentages', () => {
    expect(divided(virtualService, rule, share, 20)).toEqual([
      { destination, weight: 80 },
      { destination: { host: 'hello-canary.shop.svc.cluster.local', port: { number: 80 } }, weight: 20 },
    ]);
  });
  test('beside another destination, none means none', () => {
    const backends = [{ destination }, { destination: { host: 'other' }, weight: 100 }];
    const shares = divided(virtualService, { ...rule, backends }, share, 50);
    expect(describeBackends(virtualService, shares, 'shop')).toBe('hello=0 hello-canary=0 other=1');
  });
  test('hosts are tested before they are replaced', () => {
    const object = {
      apiVersion: 'x',
      kind: 'VirtualService',
      metadata: { name: 'hello' },
      spec: { http: [{ route: rule.backends }] },
    };
    expect(
      routePatch(virtualService, object, [rule], share, one => divided(virtualService, one, share, 20))![0],
    ).toEqual({
      op: 'test',
      path: '/spec/http/0/route/0/destination/host',
      value: destination.host,
    });
  });
});

describe('patching', () => {
  const before = route([ref('other', 1)], [ref('hello', 100)]);
  const rules = rulesTo(httpRoute, before, 'hello', 'shop');
  const half = (rule: (typeof rules)[number]) => divided(httpRoute, rule, share, 50);

  test('touches the one rule, and tests the names that it replaces', () => {
    expect(routePatch(httpRoute, before, rules, share, half)).toEqual([
      { op: 'test', path: '/spec/rules/1/backendRefs/0/name', value: 'hello' },
      { op: 'replace', path: '/spec/rules/1/backendRefs', value: [ref('hello', 50), ref('hello-canary', 50)] },
    ]);
  });
  test('is nothing when the weights are there already', () => {
    expect(
      routePatch(httpRoute, route([ref('other', 1)], [ref('hello', 50), ref('hello-canary', 50)]), rules, share, half),
    ).toBeUndefined();
  });
  test('goes from any weight of ours to the former state', () => {
    const now = route([ref('other', 1)], [ref('hello', 5), ref('hello-canary', 95)]);
    const patch = routePatch(httpRoute, now, rules, share, rule => rule.backends)!;
    expect(patch.at(-1)).toEqual({ op: 'replace', path: '/spec/rules/1/backendRefs', value: [ref('hello', 100)] });
  });
  test.each([
    { name: 'another backend', refs: [ref('hello', 50), ref('stranger', 50)] },
    { name: 'another port', refs: [{ ...ref('hello', 50), port: 81 }, ref('hello-canary', 50)] },
    { name: 'no backend', refs: [] },
  ])('somebody else’s edit is not overwritten: $name', ({ refs }) => {
    expect(() => routePatch(httpRoute, route([ref('other', 1)], refs), rules, share, half)).toThrow(
      expect.objectContaining({ code: 'ROUTE_EDITED' }),
    );
  });
});
