import { describe, expect, test } from '@jest/globals';
import type { KubeObject, PatchOperation } from '../../src/core/kubernetes/index.ts';
import { httpRoute } from '../../src/deploy-k8s-canary/routers/gateway.ts';
import { addTracks, isTrack, removeTracks } from '../../src/deploy-k8s-canary/routers/tracks.ts';
import { rulesTo } from '../../src/deploy-k8s-canary/weights.ts';

const share = { namespace: 'shop', service: 'hello', canary: 'hello-canary' };
const path = { type: 'PathPrefix', value: '/api' };
const hello = { group: '', kind: 'Service', name: 'hello', port: 80, weight: 100 };
const header = { type: 'Exact', name: 'slipway-track', value: 'canary' };
const mark = (value: string) => ({
  type: 'ResponseHeaderModifier',
  responseHeaderModifier: { set: [{ name: 'slipway-track', value }] },
});

const routeOf = (...rules: object[]): KubeObject => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'HTTPRoute',
  metadata: { name: 'hello' },
  spec: { rules },
});

/** What the API server makes of the two operations that are used. */
function apply(route: KubeObject, operations: readonly PatchOperation[] = []): KubeObject {
  const rules = [...route['spec'].rules];
  for (const operation of operations)
    if (operation.op === 'add') rules.push(operation.value);
    else rules.splice(Number(operation.path.split('/').at(-1)), 1);
  return { ...route, spec: { rules } };
}

function tracked(route: KubeObject): KubeObject {
  return apply(route, addTracks(httpRoute, route, rulesTo(httpRoute, route, 'hello', 'shop'), share));
}

describe('rules for own requests', () => {
  test('each rule to the workload has a copy for each side, behind all others; its fields are kept, its name is not', () => {
    const other = { backendRefs: [{ ...hello, name: 'other' }] };
    const own = { name: 'api', matches: [{ path }], timeouts: { request: '3s' }, backendRefs: [hello] };
    const [first, second, canary, stable] = tracked(routeOf(other, own))['spec'].rules;
    expect([first, second]).toEqual([other, own]);
    expect(canary).toEqual({
      matches: [{ path, headers: [header] }],
      timeouts: { request: '3s' },
      filters: [mark('canary')],
      backendRefs: [{ ...hello, name: 'hello-canary', weight: 1 }],
    });
    expect(stable).toEqual({
      ...canary,
      matches: [{ path, headers: [{ ...header, value: 'stable' }] }],
      filters: [mark('stable')],
      backendRefs: [{ ...hello, weight: 1 }],
    });
  });

  test.each([
    { what: 'no match', rule: {}, matches: [{ path: { type: 'PathPrefix', value: '/' }, headers: [header] }] },
    {
      what: 'a header of its own',
      rule: { matches: [{ headers: [{ name: 'a', value: 'b' }] }] },
      matches: [{ headers: [{ name: 'a', value: 'b' }, header] }],
    },
  ])('a rule with $what', ({ rule, matches }) => {
    expect(tracked(routeOf({ ...rule, backendRefs: [hello] }))['spec'].rules[1].matches).toEqual(matches);
  });

  test('a filter that changes the answer’s headers already is changed, as a rule may have one', () => {
    const set = [{ name: 'x-shop', value: '1' }];
    const filter = { type: 'ResponseHeaderModifier', responseHeaderModifier: { set, remove: ['server'] } };
    const { filters } = tracked(routeOf({ filters: [filter], backendRefs: [hello] }))['spec'].rules[1];
    expect(filters).toEqual([
      {
        type: 'ResponseHeaderModifier',
        responseHeaderModifier: { set: [...set, { name: 'slipway-track', value: 'canary' }], remove: ['server'] },
      },
    ]);
  });

  test('they are put in once, are no rules of the route for anything else, and taken out whatever was added meanwhile', () => {
    const route = routeOf({ backendRefs: [hello] });
    const once = tracked(route);
    expect(addTracks(httpRoute, once, rulesTo(httpRoute, route, 'hello', 'shop'), share)).toBeUndefined();
    expect(rulesTo(httpRoute, once, 'hello', 'shop')).toEqual(rulesTo(httpRoute, route, 'hello', 'shop'));
    const foreign = { matches: [{ headers: [header] }], backendRefs: [hello] }; // somebody's own, without our mark
    const edited = routeOf(...once['spec'].rules, foreign);
    expect(isTrack(foreign)).toBe(false);
    expect(apply(edited, removeTracks(edited, share))['spec'].rules).toEqual([...route['spec'].rules, foreign]);
    expect(removeTracks(route, share)).toBeUndefined();
  });

  test('a route that leads to two workloads, each with a rollout: each has its own', () => {
    const shop = { ...share, service: 'shop', canary: 'shop-canary' };
    const route = routeOf({ matches: [{ path }], backendRefs: [hello] }, { backendRefs: [{ ...hello, name: 'shop' }] });
    const one = tracked(route);
    const both = apply(one, addTracks(httpRoute, one, rulesTo(httpRoute, one, 'shop', 'shop'), shop));
    expect(both['spec'].rules).toHaveLength(6);
    expect(apply(both, removeTracks(both, shop))).toEqual(one);
  });
});
