import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../src/core/kubernetes/index.ts';
import { type BackendRef, divided, isDivided, routePatch, rulesTo } from '../../src/deploy-k8s-canary/weights.ts';

const ref = (name: string, weight?: number): BackendRef => ({
  group: '',
  kind: 'Service',
  name,
  port: 80,
  ...(weight === undefined ? {} : { weight }),
});
const route = (...rules: BackendRef[][]): KubeObject => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'HTTPRoute',
  metadata: { name: 'hello', resourceVersion: '1' },
  spec: { rules: rules.map(backendRefs => ({ backendRefs })) },
});
const weights = (refs: readonly BackendRef[]) => refs.map(({ name, weight }) => `${name}=${weight}`).join(' ');

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
    expect(weights(divided({ index: 0, backendRefs: refs }, 'hello', 'hello-canary', percent))).toBe(expected);
  });
  test('unknown fields of the backend go along', () => {
    const filters = [{ type: 'RequestHeaderModifier' }];
    const [, canary] = divided({ index: 0, backendRefs: [{ ...ref('hello'), filters }] }, 'hello', 'hello-canary', 10);
    expect(canary).toEqual({ group: '', kind: 'Service', name: 'hello-canary', port: 80, weight: 10, filters });
  });
});

test('only rules that lead to the Service are found', () => {
  const found = rulesTo(route([ref('other')], [ref('hello')], [{ ...ref('hello'), kind: 'TraefikService' }]), [
    'hello',
  ]);
  expect(found.map(({ index }) => index)).toEqual([1]);
});

describe('patching', () => {
  const before = route([ref('other', 1)], [ref('hello', 100)]);
  const rules = rulesTo(before, ['hello']);
  const ours = (refs: readonly BackendRef[], rule: (typeof rules)[number]) => isDivided(refs, rule, 'hello-canary');
  const half = (rule: (typeof rules)[number]) => divided(rule, 'hello', 'hello-canary', 50);

  test('touches the one rule, and tests the names that it replaces', () => {
    expect(routePatch(before, rules, half, ours)).toEqual([
      { op: 'test', path: '/spec/rules/1/backendRefs/0/name', value: 'hello' },
      { op: 'replace', path: '/spec/rules/1/backendRefs', value: [ref('hello', 50), ref('hello-canary', 50)] },
    ]);
  });
  test('is nothing when the weights are there already', () => {
    expect(
      routePatch(route([ref('other', 1)], [ref('hello', 50), ref('hello-canary', 50)]), rules, half, ours),
    ).toBeUndefined();
  });
  test('goes from any weight of ours to the former state', () => {
    const now = route([ref('other', 1)], [ref('hello', 5), ref('hello-canary', 95)]);
    const patch = routePatch(now, rules, rule => rule.backendRefs, ours)!;
    expect(patch.at(-1)).toEqual({ op: 'replace', path: '/spec/rules/1/backendRefs', value: [ref('hello', 100)] });
  });
  test.each([
    { name: 'another backend', refs: [ref('hello', 50), ref('stranger', 50)] },
    { name: 'another port', refs: [{ ...ref('hello', 50), port: 81 }, ref('hello-canary', 50)] },
    { name: 'no backend', refs: [] },
  ])('somebody else’s edit is not overwritten: $name', ({ refs }) => {
    expect(() => routePatch(route([ref('other', 1)], refs), rules, half, ours)).toThrow(
      expect.objectContaining({ code: 'ROUTE_EDITED' }),
    );
  });
});
