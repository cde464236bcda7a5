import { isDeepStrictEqual } from 'node:util';
import { SlipwayError } from '../core/errors.ts';
import type { KubeObject, PatchOperation } from '../core/kubernetes/index.ts';

/** One entry of a list of weighted backends, as its kind of route writes it; fields that are not known here are kept. */
export interface Backend {
  readonly weight?: number;
  readonly [field: string]: unknown;
}

/** A list of backends that leads to the workload's Service, as it was before the rollout. */
export interface RouteRule {
  /** JSON pointer of the list: `/spec/rules/0/backendRefs`. */
  readonly at: string;
  readonly backends: readonly Backend[];
  /** The list in which the rule says where its requests are copied to, as it was before; absent where it had none. */
  readonly mirrors?: readonly object[];
}

/** How a kind of route says who gets which share. */
export interface RouteKind {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  /** What has to be installed where the kind is missing. */
  readonly from: string;
  /** JSON pointer, within an entry, of the field that names its Service. */
  readonly nameAt: string;
  /** Every list of weighted backends of a route. */
  rules(route: KubeObject): RouteRule[];
  /** The Service (of the route's namespace) that an entry leads to; undefined for anything else. */
  serviceOf(backend: Backend, namespace: string): string | undefined;
  /** The entry, leading to another Service of the same namespace. */
  toService(backend: Backend, service: string): Backend;
  /** What an entry's weight means where it has none. */
  weightOf(backend: Backend, alone: boolean): number;
  /** A backend that sends to the Service what `backend` does, and copies it elsewhere; absent where lists of their own say that. */
  toMirror?(backend: Backend, mirror: string): Backend;
  /** What keeps a user on the side that he came to first; undefined where nothing does. */
  sticky?(route: KubeObject): string | undefined;
}

export function rulesTo(kind: RouteKind, route: KubeObject, service: string, namespace: string): RouteRule[] {
  return kind
    .rules(route)
    .filter(({ backends }) => backends.some(backend => kind.serviceOf(backend, namespace) === service));
}

/** The list at a rule's place in the route as it is now; empty where there is none any more. */
export function backendsAt(kind: RouteKind, route: KubeObject, { at }: RouteRule): readonly Backend[] {
  return kind.rules(route).find(rule => rule.at === at)?.backends ?? [];
}

/** Who gets what of a rule. */
export interface Share {
  readonly namespace: string;
  readonly service: string;
  readonly canary: string;
  /** Service of the fresh pods of the old release; they get as much as the canary, as far as there is so much left. */
  readonly baseline?: string | undefined;
  /** What copies requests, where that is an object of its own. */
  readonly mirror?: string;
}

/**
 * A rule's backends with the share of `service` divided between it and the canary, right after it, and the fresh pods of the old
 * release, where there are any. Other backends keep their shares: all weights are multiplied by 100, then divided by their common
 * divisor.
 */
export function divided(
  kind: RouteKind,
  { backends }: RouteRule,
  { namespace, service, canary, baseline }: Share,
  percent: number,
): Backend[] {
  const beside = [
    { name: canary, percent },
    ...(baseline === undefined ? [] : [{ name: baseline, percent: Math.min(percent, 100 - percent) }]),
  ];
  const kept = beside.reduce((left, one) => left - one.percent, 100);
  const alone = backends.length === 1;
  const weights = backends.map(backend => kind.weightOf(backend, alone));
  const own = backends.findIndex(backend => kind.serviceOf(backend, namespace) === service);
  const raw = weights.map((weight, i) => weight * (i === own ? kept : 100));
  const given = beside.map(one => weights[own]! * one.percent);
  const divisor = alone ? Math.max(1, weights[own]!) : [...raw, ...given].reduce(gcd) || 1;
  const entries: Backend[] = backends.map((backend, i) => ({ ...backend, weight: raw[i]! / divisor }));
  const added = beside.map(({ name }, i) => ({
    ...kind.toService(backends[own]!, name),
    weight: given[i]! / divisor,
  }));
  entries.splice(own + 1, 0, ...added);
  return entries;
}

/** A rule's backends with what copies requests in place of `service`; undefined where the kind has no such backend. */
export function mirrored(
  kind: RouteKind,
  { backends }: RouteRule,
  { namespace, service, mirror }: Share,
): Backend[] | undefined {
  const { toMirror } = kind;
  if (toMirror === undefined || mirror === undefined) return undefined;
  return backends.map(one => (kind.serviceOf(one, namespace) === service ? toMirror(one, mirror) : one));
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

/** `hello=50 hello-canary=50`. */
export function describeBackends(kind: RouteKind, backends: readonly Backend[], namespace: string): string {
  return backends
    .map(backend => {
      const name = kind.serviceOf(backend, namespace) ?? String(valueAt(backend, kind.nameAt));
      return `${name}=${kind.weightOf(backend, backends.length === 1)}`;
    })
    .join(' ');
}

/**
 * The patch that gives rules new backends and touches nothing else. A rule that is neither as it was before the rollout nor
 * as we left it was edited by somebody else: that is an error, never overwritten.
 *
 * @returns undefined when the route already is as wanted
 */
export function routePatch(
  kind: RouteKind,
  route: KubeObject,
  rules: readonly RouteRule[],
  share: Share,
  wanted: (rule: RouteRule) => readonly Backend[],
): PatchOperation[] | undefined {
  const operations = rules.flatMap((rule): PatchOperation[] => {
    const now = backendsAt(kind, route, rule);
    const target = wanted(rule);
    if (isDeepStrictEqual(now, target)) return [];
    if (
      ![rule.backends, mirrored(kind, rule, share)].some(one => isDeepStrictEqual(now, one)) &&
      !isDivided(kind, now, rule, share)
    ) {
      throw new SlipwayError(
        'ROUTE_EDITED',
        `${kind.kind}/${route.metadata.name}: ${rule.at} was changed by somebody else during the rollout`,
        {
          hint: `It is now ${describeBackends(kind, now, share.namespace) || 'gone'}, and was ${describeBackends(kind, rule.backends, share.namespace)}. Put it right by hand, then run \`mode: abort\`.`,
        },
      );
    }
    const tests = now.map(
      (backend, i): PatchOperation => ({
        op: 'test',
        path: `${rule.at}/${i}${kind.nameAt}`,
        value: valueAt(backend, kind.nameAt),
      }),
    );
    return [...tests, { op: 'replace', path: rule.at, value: target }];
  });
  return operations.length === 0 ? undefined : operations;
}

/** Whether backends are the rule's with the canary (and the baseline) put in, at whatever weight. */
function isDivided(kind: RouteKind, now: readonly Backend[], rule: RouteRule, share: Share): boolean {
  const bare = (list: readonly Backend[]) => list.map(({ weight: _, ...rest }) => rest);
  return isDeepStrictEqual(bare(now), bare(divided(kind, rule, share, 50)));
}

function valueAt(backend: Backend, path: string): unknown {
  return (
    path
      .split('/')
      .slice(1)
      // biome-ignore lint/suspicious/noExplicitAny: raw JSON of the API
      .reduce((value: any, key) => value?.[key], backend)
  );
}
