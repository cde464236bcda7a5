import { isDeepStrictEqual } from 'node:util';
import { SlipwayError } from '../core/errors.ts';
import type { KubeObject, PatchOperation } from '../core/kubernetes/index.ts';
import { pointer } from '../core/kubernetes/index.ts';

/** One entry of an HTTPRoute rule's backendRefs; unknown fields (filters) are kept. */
export interface BackendRef {
  readonly name: string;
  readonly weight?: number;
  readonly [field: string]: unknown;
}

/** A rule that leads to the workload's Service, as it was before the rollout. */
export interface RouteRule {
  readonly index: number;
  readonly backendRefs: readonly BackendRef[];
}

export function backendRefsOf(route: KubeObject, index: number): readonly BackendRef[] {
  return route['spec']?.rules?.[index]?.backendRefs ?? [];
}

/** The rules that lead to one of the Services, with what they say now. */
export function rulesTo(route: KubeObject, services: readonly string[]): RouteRule[] {
  const rules: { backendRefs?: BackendRef[] }[] = route['spec']?.rules ?? [];
  return rules
    .map((rule, index) => ({ index, backendRefs: rule.backendRefs ?? [] }))
    .filter(({ backendRefs }) => backendRefs.some(ref => isService(ref) && services.includes(ref.name)));
}

function isService(ref: BackendRef): boolean {
  return (ref['kind'] ?? 'Service') === 'Service' && (ref['group'] ?? '') === '';
}

/**
 * A rule's backendRefs with the share of `service` divided between it and the canary, right after it. Other backends keep their
 * shares: all weights are multiplied by 100, then divided by their common divisor.
 */
export function divided(rule: RouteRule, service: string, canary: string, percent: number): BackendRef[] {
  const weights = rule.backendRefs.map(ref => ref.weight ?? 1);
  const raw = rule.backendRefs.map((ref, i) =>
    ref.name === service ? weights[i]! * (100 - percent) : weights[i]! * 100,
  );
  const own = rule.backendRefs.findIndex(ref => ref.name === service);
  const toCanary = weights[own]! * percent;
  const only = rule.backendRefs.length === 1;
  const divisor = only ? Math.max(1, weights[own]!) : [...raw, toCanary].reduce(gcd) || 1;
  const refs = rule.backendRefs.map((ref, i) => ({ ...ref, weight: raw[i]! / divisor }));
  refs.splice(own + 1, 0, { ...rule.backendRefs[own]!, name: canary, weight: toCanary / divisor });
  return refs;
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

/**
 * The patch that gives rules new backendRefs and touches nothing else. A rule that is neither as it was before the rollout nor
 * as we left it was edited by somebody else: that is an error, never overwritten.
 *
 * @param ours whether a rule's backendRefs are some that we wrote
 * @returns undefined when the route already is as wanted
 */
export function routePatch(
  route: KubeObject,
  rules: readonly RouteRule[],
  wanted: (rule: RouteRule) => readonly BackendRef[],
  ours: (refs: readonly BackendRef[], rule: RouteRule) => boolean,
): PatchOperation[] | undefined {
  const operations = rules.flatMap((rule): PatchOperation[] => {
    const now = backendRefsOf(route, rule.index);
    const target = wanted(rule);
    if (isDeepStrictEqual(now, target)) return [];
    if (!isDeepStrictEqual(now, rule.backendRefs) && !ours(now, rule)) {
      throw new SlipwayError(
        'ROUTE_EDITED',
        `HTTPRoute/${route.metadata.name}: rule ${rule.index} was changed by somebody else during the rollout`,
        {
          hint: `Its backendRefs are now ${now.map(ref => `${ref.name}=${ref.weight ?? 1}`).join(', ')}. Put them right by hand, then run \`mode: abort\`.`,
        },
      );
    }
    const path = pointer('spec', 'rules', rule.index, 'backendRefs');
    const tests = now.map((ref, i): PatchOperation => ({ op: 'test', path: `${path}/${i}/name`, value: ref.name }));
    return [...tests, { op: 'replace', path, value: target }];
  });
  return operations.length === 0 ? undefined : operations;
}

/** Whether backendRefs are the rule's with the canary put in, at whatever weight. */
export function isDivided(refs: readonly BackendRef[], rule: RouteRule, canary: string): boolean {
  const without = refs.filter(ref => ref.name !== canary);
  const bare = (list: readonly BackendRef[]) => list.map(({ weight: _, ...rest }) => rest);
  return without.length === refs.length - 1 && isDeepStrictEqual(bare(without), bare(rule.backendRefs));
}
