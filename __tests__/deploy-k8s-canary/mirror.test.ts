import { describe, expect, test } from '@jest/globals';
import { parse, parseAllDocuments } from 'yaml';
import { readInputs, variableOf } from '../../src/core/inputs.ts';
import type { Cluster, KubeObject, PatchOperation } from '../../src/core/kubernetes/index.ts';
import { budgetLine } from '../../src/deploy-k8s-canary/budget.ts';
import { trendCharts } from '../../src/deploy-k8s-canary/charts.ts';
import { definition } from '../../src/deploy-k8s-canary/inputs.ts';
import { parseMirror } from '../../src/deploy-k8s-canary/mirror.ts';
import { type ClusterInputs, type Options, resolveOptions } from '../../src/deploy-k8s-canary/options.ts';
import { differing, requestOf } from '../../src/deploy-k8s-canary/request.ts';
import { rolesText } from '../../src/deploy-k8s-canary/role.ts';
import { httpRoute, requestMirror } from '../../src/deploy-k8s-canary/routers/gateway.ts';
import { requireFeatures } from '../../src/deploy-k8s-canary/routers/gateway-features.ts';
import { addMirrors, removeMirrors, withLists } from '../../src/deploy-k8s-canary/routers/mirror-list.ts';
import { ingressRoute, traefikService } from '../../src/deploy-k8s-canary/routers/traefik.ts';
import { withMirrorService } from '../../src/deploy-k8s-canary/routers/traefik-mirror.ts';
import { weightedRouter } from '../../src/deploy-k8s-canary/routers/weighted.ts';
import { Split } from '../../src/deploy-k8s-canary/split.ts';
import { mirrored, routePatch, rulesTo } from '../../src/deploy-k8s-canary/weights.ts';

const code = (expected: string) => expect.objectContaining({ code: expected });
const given = (texts: Record<string, string>) => {
  const all = {
    workload: 'deployment/hello',
    image: 'registry.example/hello@sha256:0000000000000000000000000000000000000000000000000000000000000000',
    router: 'traefik',
    'prometheus-url': 'http://prometheus.example',
    metrics: 'errors',
    mirror: '30s',
    ...texts,
  };
  const env = Object.fromEntries(Object.entries(all).map(([name, value]) => [variableOf(name), value]));
  return resolveOptions(readInputs(definition.inputs, env) as ClusterInputs, undefined, '/');
};

describe('the input', () => {
  test.each([
    ['30s', { duration: 30_000 }],
    ['{percent: 20}', { percent: 20 }],
    ['{percent: 100, duration: 1m30s}', { percent: 100, duration: 90_000 }],
    ['{}', {}],
  ])('%s', (text, expected) => expect(parseMirror(parse(text))).toEqual(expected));

  test.each([
    '30',
    'true',
    '[30s]',
    '0s',
    '{percent: 0}',
    '{percent: 101}',
    '{percent: 2.5}',
    '{percent: "20"}',
    '{share: 20}',
    '{duration: 30}',
  ])('%s is refused', text =>
    expect(() => parseMirror(parse(text))).toThrow(expect.objectContaining({ code: expect.stringMatching(/INVALID/) })),
  );

  test('as many copies as the first users’ requests, in a step at 0 of its own', () => {
    const { steps, mirror } = given({ steps: '5,25,100', 'step-duration': '10s', mirror: '{}' });
    expect([steps, mirror]).toEqual([[0, 5, 25, 100], { percent: 5, duration: 10_000 }]);
    expect(given({ steps: '0,100', mirror: '30s' })).toMatchObject({ steps: [0, 100], mirror: { percent: 100 } });
    expect(given({ steps: 'auto' })).toMatchObject({ auto: true, mirror: { percent: 1 } });
  });

  test.each([
    [{ router: 'service' }, 'INPUT_INVALID'],
    [{ strategy: 'blue-green' }, 'INPUT_INVALID'],
    [{ strategy: 'rolling' }, 'INPUT_INVALID'],
    [{ metrics: '', 'prometheus-url': '' }, 'METRICS_MISSING'],
    [{ mode: 'render', manifests: 'deployment.yaml' }, 'INPUT_INVALID'],
  ])('%j: refused before any cluster is asked', (texts: Record<string, string>, expected) =>
    expect(() => given(texts)).toThrow(code(expected)),
  );

  test('who goes on must copy as much, for however long', async () => {
    const of = (mirror: string) => requestOf(given({ mirror }), 'shop');
    const half = await of('{percent: 50}');
    expect(differing(half, await of('{percent: 50, duration: 1m}'))).toEqual([]);
    expect(differing(half, await of('{percent: 20}'))).toEqual(['mirror: 20 % instead of 50 %']);
  });
});

const share = { namespace: 'shop', service: 'hello', canary: 'hello-canary', mirror: 'hello-mirror' };
const own = { group: '', kind: 'Service', name: 'hello', port: 80, weight: 1 };
const header = { type: 'RequestHeaderModifier', requestHeaderModifier: { set: [{ name: 'a', value: 'b' }] } };
const theirs = { type: 'RequestMirror', requestMirror: { backendRef: { name: 'shadow', port: 80 } } };
const routeOf = (...rules: object[]): KubeObject => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'HTTPRoute',
  metadata: { name: 'hello' },
  spec: { rules },
});
/** What a JSON patch of lists makes of an object. */
const patched = (route: KubeObject, operations: readonly PatchOperation[] = []): KubeObject => {
  const copy: KubeObject = JSON.parse(JSON.stringify(route)); // structuredClone is of another realm here
  for (const { op, path, value } of operations) {
    const keys = path.split('/').slice(1);
    // biome-ignore lint/suspicious/noExplicitAny: raw JSON of the API
    const parent = keys.slice(0, -1).reduce((at: any, key) => at[key], copy);
    if (op === 'remove') delete parent[keys.at(-1)!];
    else parent[keys.at(-1)!] = value;
  }
  return copy;
};

describe('in a list of the rules', () => {
  const before = routeOf(
    { backendRefs: [own] },
    { filters: [], backendRefs: [{ ...own, filters: [header] }] },
    { filters: [header, theirs], backendRefs: [own] },
    { filters: [theirs], backendRefs: [{ ...own, name: 'other' }] },
  );
  const rules = withLists(requestMirror, before, rulesTo(httpRoute, before, 'hello', 'shop'));
  const add = (route: KubeObject, percent = 20) => addMirrors(requestMirror, httpRoute, route, rules, share, percent);
  const remove = (route: KubeObject) => removeMirrors(requestMirror, route, rules, share);
  const copy = {
    type: 'RequestMirror',
    requestMirror: { backendRef: { group: '', kind: 'Service', name: 'hello-canary', port: 80 }, percent: 20 },
  };

  test('behind what a rule has, where it leads to the workload; and back to the same bytes', () => {
    const during = patched(before, add(before));
    expect(during['spec'].rules.map(({ filters }: { filters: unknown }) => filters)).toEqual([
      [copy],
      [copy],
      [header, theirs, copy],
      [theirs],
    ]);
    expect(add(during)).toBeUndefined();
    expect(JSON.stringify(patched(during, remove(during)))).toBe(JSON.stringify(before));
    expect(remove(before)).toBeUndefined();
  });

  test('another share is written over the one before; all of them need no percentage', () => {
    const during = patched(patched(before, add(before)), add(patched(before, add(before)), 100));
    expect(during['spec'].rules[0].filters).toEqual([
      { type: 'RequestMirror', requestMirror: { backendRef: copy.requestMirror.backendRef } },
    ]);
  });

  test('fresh pods of the old release get the same copies', () => {
    const both = { ...share, baseline: 'hello-baseline' };
    const during = patched(before, addMirrors(requestMirror, httpRoute, before, rules, both, 20));
    expect(during['spec'].rules[0].filters.map(requestMirror.target)).toEqual(['hello-canary', 'hello-baseline']);
    expect(patched(during, removeMirrors(requestMirror, during, rules, both))).toEqual(before);
  });

  test('what somebody else changes meanwhile is not overwritten, and ours is taken out of it', () => {
    const during = patched(before, add(before));
    during['spec'].rules[0].filters.unshift(header);
    expect(() => add(during, 50)).toThrow(code('ROUTE_EDITED'));
    expect(patched(during, remove(during))['spec'].rules[0].filters).toEqual([header]);
    const elsewhere = routeOf({ backendRefs: [{ ...own, name: 'other' }] });
    expect(() => add(elsewhere)).toThrow(code('ROUTE_EDITED'));
  });
});

describe('by a service of Traefik’s that copies', () => {
  const route = (services: readonly object[]): KubeObject => ({
    apiVersion: 'traefik.io/v1alpha1',
    kind: 'IngressRoute',
    metadata: { name: 'hello' },
    spec: { routes: [{ match: 'Host(`a`)', services }] },
  });
  const before = route([
    { name: 'other', port: 80, weight: 1 },
    { name: 'hello', port: 80, weight: 3 },
  ]);
  const rules = rulesTo(ingressRoute, before, 'hello', 'shop');

  test('it stands in the workload’s place with its weight; from there to weights, and back', () => {
    const during = mirrored(ingressRoute, rules[0]!, share)!;
    expect(during).toEqual([
      { name: 'other', port: 80, weight: 1 },
      { kind: 'TraefikService', name: 'hello-mirror', weight: 3 },
    ]);
    const back = routePatch(ingressRoute, route(during), rules, share, rule => rule.backends)!;
    expect(back.at(-1)).toEqual({ op: 'replace', path: rules[0]!.at, value: rules[0]!.backends });
    expect(() =>
      routePatch(ingressRoute, route([{ kind: 'TraefikService', name: 'theirs' }]), rules, share, one => one.backends),
    ).toThrow(code('ROUTE_EDITED'));
  });

  test('rules that lead to the workload in different ways are refused', async () => {
    const kinds = [ingressRoute, traefikService];
    const { mirrors } = withMirrorService(weightedRouter('traefik', kinds), kinds, traefikService);
    const search = { cluster: { namespace: 'shop' } } as Parameters<NonNullable<typeof mirrors>>[0];
    const state = {
      kind: 'traefik',
      object: 'IngressRoute',
      route: 'hello',
      service: 'hello',
      hold: {},
      replicas: 1,
    } as const;
    const other = { at: '/spec/routes/1/services', backends: [{ name: 'hello', port: 80, scheme: 'h2c' }] };
    const found = (all: typeof rules) => ({
      state: { ...state, rules: all },
      service: before,
      sticky: undefined,
      written: [],
    });
    await expect(mirrors!(search, found(rules))).resolves.toMatchObject({ rules });
    await expect(mirrors!(search, found([...rules, other]))).rejects.toThrow(code('MIRROR_UNSUPPORTED'));
  });
});

describe('what a Gateway can do', () => {
  const route = { ...routeOf(), spec: { parentRefs: [{ name: 'web' }] } };
  const cluster = (supportedFeatures?: unknown) =>
    ({
      namespace: 'shop',
      request: async (_: string, path: string) =>
        path.includes('gatewayclasses')
          ? { spec: { controllerName: 'example.com/gateway' }, status: { supportedFeatures } }
          : { spec: { gatewayClassName: 'some' } },
    }) as unknown as Cluster;
  const ask = (features: unknown, of = route) =>
    requireFeatures(cluster(features), of, ['HTTPRouteRequestMirror'], AbortSignal.timeout(1000));

  test.each([[['HTTPRouteRequestMirror']], [[{ name: 'HTTPRouteRequestMirror' }]]])(
    '%j: it says so',
    async features => {
      await expect(ask(features)).resolves.toBeUndefined();
    },
  );

  test.each([
    ['it says nothing', undefined, route],
    ['it has others', [{ name: 'HTTPRouteMethodMatching' }], route],
    ['the route belongs to none', [{ name: 'HTTPRouteRequestMirror' }], { ...route, spec: { parentRefs: [] } }],
    ['a mesh', ['HTTPRouteRequestMirror'], { ...route, spec: { parentRefs: [{ kind: 'Service', name: 'hello' }] } }],
  ])('%s: refused', async (_, features, of) => {
    await expect(ask(features, of)).rejects.toThrow(code('MIRROR_UNSUPPORTED'));
  });
});

test('the Role of a run has what the copies take, and no more', () => {
  const documents = (texts: Record<string, string>) => {
    const situation = { workload: 'hello', planned: [], jobs: [], copies: new Map() } as unknown as Parameters<
      typeof rolesText
    >[0];
    return parseAllDocuments(rolesText(situation, given(texts), 'shop')).map(one => one.toJS());
  };
  const [role, outside] = documents({ router: 'gateway' });
  expect([role.kind, outside.kind, outside.rules]).toEqual([
    'Role',
    'ClusterRole',
    [{ apiGroups: ['gateway.networking.k8s.io'], resources: ['gatewayclasses', 'gateways'], verbs: ['get'] }],
  ]);
  const verbs = (texts: Record<string, string>) =>
    documents(texts)[0].rules.find(({ resources }: { resources: string[] }) => resources.includes('traefikservices'))
      .verbs;
  expect(verbs({})).toEqual(['create', 'delete', 'get', 'list', 'patch']);
  expect(verbs({ mirror: '' })).toEqual(['get', 'list', 'patch']);
});

test('copies for each request to the old release, whatever the weight is', () => {
  const split = new Split(0);
  for (let look = 0; look < 5; look++) split.add({ canary: 20, baseline: 80 });
  expect([split.copied, new Split(0).copied]).toEqual([0.25, undefined]);
});

test('how many requests the copies bring, before the start', () => {
  const options = {
    ...given({ steps: '50,100', mirror: '{percent: 20, duration: 10s}' }),
    tolerance: 0.01,
  } as Options;
  const { line, enough } = budgetLine(options, { metric: 'errors', tolerance: 0.01, traffic: 100, phi: 1 });
  expect(line).toContain(
    'come 1700 of users (100/s): enough after 15s; the copies (20 % for 10s) alone: this cannot suffice',
  );
  expect(enough).toBe(false);
});

test('copies are a line in the chart of weights', () => {
  const point = (second: number, weight: number, mirrored?: number) => ({
    at: 1000 * second,
    weight,
    ...(mirrored === undefined ? {} : { mirrored }),
    harm: 1,
    good: 1,
  });
  const [weights] = trendCharts([point(0, 0, 20), point(1, 0, 20), point(2, 50), point(3, 100)], {
    alpha: 0.01,
    beta: 0.05,
  });
  expect(weights).toContain('bar [0, 0, 50, 100]');
  expect(weights).toContain('line [20, 20, 0, 0]');
});
