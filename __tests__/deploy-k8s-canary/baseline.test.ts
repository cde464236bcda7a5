import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Cluster, KubeObject } from '../../src/core/kubernetes/index.ts';
import {
  baselineDeployment,
  canaryService,
  holdLabels,
  ownDeployments,
  ownServices,
} from '../../src/deploy-k8s-canary/canary-objects.ts';
import { refuseCatchers } from '../../src/deploy-k8s-canary/checks/catchers.ts';
import { extraPods, freshPods } from '../../src/deploy-k8s-canary/checks/extra.ts';
import { lackingRoom } from '../../src/deploy-k8s-canary/checks/headroom.ts';
import { refuseLongNames } from '../../src/deploy-k8s-canary/checks/names.ts';
import { resolveOptions } from '../../src/deploy-k8s-canary/options.ts';
import { describeRatio, mostBesideFresh, ratioFor } from '../../src/deploy-k8s-canary/ratio.ts';
import { differing, type Request } from '../../src/deploy-k8s-canary/request.ts';
import { httpRoute } from '../../src/deploy-k8s-canary/routers/gateway.ts';
import { service as serviceRouter } from '../../src/deploy-k8s-canary/routers/service.ts';
import type { RouterState } from '../../src/deploy-k8s-canary/state.ts';
import { autoSteps } from '../../src/deploy-k8s-canary/steps.ts';
import { type Backend, describeBackends, divided, routePatch } from '../../src/deploy-k8s-canary/weights.ts';

const code = (expected: string) => expect.objectContaining({ code: expected });
const own = { 'slipway/workload': 'hello', 'slipway/track': 'baseline' };
const stable: KubeObject = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'hello', uid: 'u1' },
  spec: {
    replicas: 2,
    template: { metadata: { labels: { app: 'hello' } }, spec: { containers: [{ name: 'hello', image: 'old' }] } },
  },
};
const state = (kind: 'service' | 'gateway') =>
  ({ kind, baseline: { app: 'hello-baseline' }, replicas: 2 }) as unknown as RouterState;

describe('behind the same Service', () => {
  test.each([
    [0, 2, { stable: 2, canary: 0, fresh: 0 }],
    [25, 2, { stable: 3, canary: 1, fresh: 1 }], // exact
    [5, 2, { stable: 3, canary: 1, fresh: 1 }], // at least one
    [20, 10, { stable: 13, canary: 3, fresh: 3 }], // 18.8 % is nearer than 22.2 %
    [30, 4, { stable: 7, canary: 3, fresh: 3 }], // exact
    [33, 3, { stable: 6, canary: 3, fresh: 3 }],
  ])('%i %% of %i pods', (percent, pods, ratio) => expect(ratioFor(percent, pods, { fresh: true })).toEqual(ratio));

  test('no other count comes nearer; fresh pods are as many as new ones, and both at most as many as the old', () => {
    const share = (pods: number, count: number) => count / (pods + 2 * count);
    const percents = fc.integer({ min: 1, max: mostBesideFresh });
    fc.assert(
      fc.property(percents, fc.integer({ min: 1, max: 500 }), (percent, pods) => {
        const { stable: old, canary, fresh } = ratioFor(percent, pods, { fresh: true });
        expect([old, fresh]).toEqual([pods + canary, canary]);
        expect(canary).toBeLessThanOrEqual(pods);
        const off = (count: number) => Math.abs(share(pods, count) - percent / 100);
        for (const other of [canary - 1, canary + 1].filter(count => count > 0))
          expect(off(canary)).toBeLessThanOrEqual(off(other) + 1e-12);
      }),
    );
  });

  test('for people', () =>
    expect(describeRatio(ratioFor(30, 4, { fresh: true }))).toBe(
      '3 of 10 pods, 30.0 %, beside 3 fresh ones of the old release',
    ));
});

describe('with weights', () => {
  const at = '/spec/rules/0/backendRefs';
  const ref = (name: string, weight?: number): Backend => ({ name, ...(weight === undefined ? {} : { weight }) });
  const share = { namespace: 'shop', service: 'hello', canary: 'hello-canary', baseline: 'hello-baseline' };
  test.each([
    [[ref('hello')], 5, 'hello=90 hello-canary=5 hello-baseline=5'],
    [[ref('hello')], 50, 'hello=0 hello-canary=50 hello-baseline=50'],
    [[ref('hello')], 80, 'hello=0 hello-canary=80 hello-baseline=20'],
    [[ref('hello')], 100, 'hello=0 hello-canary=100 hello-baseline=0'],
    [[ref('hello', 3), ref('other', 1)], 25, 'hello=6 hello-canary=3 hello-baseline=3 other=4'],
  ])('of %j, %i %%', (backends, percent, expected) =>
    expect(describeBackends(httpRoute, divided(httpRoute, { at, backends }, share, percent), 'shop')).toBe(expected),
  );

  test('the former list comes back; one without them, that is another’s, is not overwritten', () => {
    const rule = { at, backends: [ref('hello', 7)] };
    const route = (backendRefs: readonly Backend[]): KubeObject => ({
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      metadata: { name: 'hello' },
      spec: { rules: [{ backendRefs }] },
    });
    const back = (backends: readonly Backend[]) =>
      routePatch(httpRoute, route(backends), [rule], share, one => one.backends);
    expect(back(divided(httpRoute, rule, share, 25))!.at(-1)).toEqual({
      op: 'replace',
      path: at,
      value: rule.backends,
    });
    expect(() => back(divided(httpRoute, rule, { ...share, baseline: undefined }, 25))).toThrow(code('ROUTE_EDITED'));
  });
});

describe('what is made', () => {
  test('the old release’s own template with other labels, selected only by ours', () => {
    const { metadata, spec } = baselineDeployment(stable, { app: 'hello-baseline' }, 3);
    expect([metadata.name, metadata.labels, spec.replicas]).toEqual(['hello-baseline', own, 3]);
    expect(spec.selector.matchLabels).toEqual(own);
    expect(spec.template).toEqual({
      ...stable['spec'].template,
      metadata: { labels: { app: 'hello-baseline', ...own } },
    });
    const service = { ...stable, spec: { ports: [{ port: 80 }] } };
    expect(canaryService('hello-baseline', service, stable)['spec'].selector).toEqual(own);
  });

  test('labels that keep them out are others than the canary’s, and within 63 characters', () => {
    const service = { ...stable, spec: { selector: { app: 'a'.repeat(63) } } };
    const held = holdLabels([service], service.spec.selector, 'baseline');
    expect([held['app']!.length, held['app']!.endsWith('a-baseline')]).toEqual([63, true]);
  });

  test('behind a plain Service a Deployment, beside a route a Service, too', () => {
    const made = (kind: 'service' | 'gateway') => {
      const rollout = { workload: 'hello', router: state(kind), strategy: 'canary' as const };
      return [ownDeployments(rollout), ownServices(rollout)];
    };
    const both = ['hello-canary', 'hello-baseline'];
    expect([made('service'), made('gateway')]).toEqual([
      [both, []],
      [both, both],
    ]);
  });
});

describe('before the first write', () => {
  const inputs = (given: object) =>
    ({
      mode: 'deploy',
      workload: { kind: 'Deployment', name: 'hello' },
      image: 'r.example/hello:v2',
      manifests: [],
      metrics: [],
      strategy: 'canary',
      router: 'service',
      baseline: 'fresh',
      steps: [0, 25, 100],
      ...given,
    }) as unknown as Parameters<typeof resolveOptions>[0];
  const resolved = (given: object) => resolveOptions(inputs(given), undefined, '.');

  test.each([
    [{ strategy: 'blue-green' }, 'strategy is "blue-green"'],
    [{ strategy: 'rolling' }, 'strategy is "rolling"'],
    [{ steps: [0, 50, 100] }, 'a step below 100 is at most 33'],
  ])('%j is refused', (given, said) =>
    expect(() => resolved(given)).toThrow(
      expect.objectContaining({ code: 'INPUT_INVALID', message: expect.stringContaining(said) }),
    ),
  );

  test('steps: auto ends at 32 % behind a plain Service, at 50 % with weights', () => {
    const steps = (router: string) => resolved({ router, steps: autoSteps });
    expect([steps('service').steps, steps('service').auto]).toEqual([[0, 1, 2, 4, 8, 16, 32, 100], true]);
    expect(steps('gateway').steps).toEqual(autoSteps);
  });

  test('who resumes must ask for the same', () => {
    const request = {} as Request;
    expect(differing({ ...request, baseline: 'fresh' }, request)).toEqual(['baseline: stable instead of fresh']);
    expect(differing(request, { ...request, baseline: 'fresh' })).toEqual(['baseline: fresh instead of stable']);
    expect(differing(request, request)).toEqual([]);
  });

  test('somebody else’s Service that would select them is refused', () => {
    const service = (selector: object): KubeObject => ({ ...stable, kind: 'Service', spec: { selector } });
    const refuse = (selector: object) => () =>
      refuseCatchers([service(selector)], { app: 'hello-baseline', tier: 'web' }, 'hello');
    expect(refuse({ app: 'hello-baseline' })).toThrow(code('FOREIGN_SERVICE'));
    for (const other of [{ app: 'hello' }, {}]) expect(refuse(other)).not.toThrow();
  });

  test('names that are too long for a Service are refused', () => {
    const refuse = (length: number, kind: 'service' | 'gateway') => () =>
      refuseLongNames({ workload: 'a'.repeat(length), router: state(kind), strategy: 'canary' });
    expect(refuse(55, 'gateway')).toThrow(code('NAME_TOO_LONG'));
    expect(refuse(64, 'service')).toThrow(code('NAME_TOO_LONG'));
    for (const fits of [refuse(54, 'gateway'), refuse(63, 'service')]) expect(fits).not.toThrow();
  });

  test('quotas count their pods, each with what the old release asks for', () => {
    const router = { ...state('service'), services: ['hello'], admit: {}, hold: {} } as RouterState & {
      kind: 'service';
    };
    const { podsFor } = serviceRouter.make({ namespace: 'shop' } as Cluster, 'hello', router);
    const of = (percent: number) => podsFor(percent, 2);
    const counts = [extraPods(stable, stable, router, [0, 25, 100], of), freshPods(router, [0, 25, 100], of)];
    expect(counts).toEqual([2, 1]); // the new one and the surge of the promotion; the fresh one
    const quota = (most: object): KubeObject => ({
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'tight' },
      spec: {},
      status: { hard: most, used: { pods: '2', 'requests.cpu': '1' } },
    });
    const asks = (cpu: number) => new Map([['requests.cpu', cpu]]);
    const pods = [
      { count: 2, asks: asks(1) },
      { count: 1, asks: asks(0.5) },
    ];
    const lacking = (most: object) => lackingRoom([quota(most)], { pods, objects: {} });
    expect(lacking({ pods: '5', 'requests.cpu': '3.5' })).toEqual([]);
    expect(lacking({ pods: '4', 'requests.cpu': '3.4' })).toEqual([
      'ResourceQuota/tight: pods has 2 of 4 in use, and 3 more are needed',
      'ResourceQuota/tight: requests.cpu has 1 of 3.4 in use, and 2500m more are needed',
    ]);
  });
});
