import type { KubeObject, PatchOperation } from '../../core/kubernetes/index.ts';
import { backendsAt, type RouteKind, type RouteRule, type Share } from '../weights.ts';

/** By this header a request chooses its side; by the same header the answer says that the rule was followed. */
export const trackHeader = 'slipway-track';
/** Values of the header. */
export const tracks = { canary: 'canary', baseline: 'stable' } as const;

// biome-ignore lint/suspicious/noExplicitAny: rules are kept as they are, whatever fields they have
type Rule = any;

const rulesOf = (route: KubeObject): readonly Rule[] => route['spec']?.rules ?? [];

/** Whether a rule of an HTTPRoute is one that {@link addTracks} made: it marks its answers, and every match wants the header. */
export function isTrack(rule: Rule): boolean {
  const isOurs = ({ name, value }: { name?: string; value?: string }) =>
    name === trackHeader && Object.values<string | undefined>(tracks).includes(value);
  const marks = (rule.filters ?? []).some((filter: Rule) => filter.responseHeaderModifier?.set?.some(isOurs));
  const matches: Rule[] = rule.matches ?? [];
  return marks && matches.length > 0 && matches.every(({ headers = [] }) => headers.some(isOurs));
}

/** Whether it is one for this workload: a route may lead to several, each with a rollout of its own. */
const isTrackOf = (rule: Rule, { canary, service }: Share): boolean =>
  isTrack(rule) && [canary, service].includes(rule.backendRefs?.[0]?.name);

export function hasTracks(route: KubeObject | undefined, share: Share): boolean {
  return route !== undefined && rulesOf(route).some(rule => isTrackOf(rule, share));
}

/**
 * The patch that puts, behind all rules of an HTTPRoute, two copies of each that leads to the workload: for requests that name a
 * side by a header, each to that side's Service alone. A match with one header more goes before the rule that it was copied
 * from (https://gateway-api.sigs.k8s.io/reference/spec/#httprouterule), so that no other rule has to be touched. The copies mark
 * their answers: one without the mark came another way.
 *
 * @returns undefined where they are there already
 */
export function addTracks(
  kind: RouteKind,
  route: KubeObject,
  rules: readonly RouteRule[],
  share: Share,
): PatchOperation[] | undefined {
  if (hasTracks(route, share)) return undefined;
  return rules.flatMap(rule => {
    const own = rule.backends.find(backend => kind.serviceOf(backend, share.namespace) === share.service);
    // the place says which rule it was; one that is gone is found when its weights are written
    const original = rulesOf(route)[Number(rule.at.split('/')[3])];
    if (own === undefined || original === undefined || backendsAt(kind, route, rule).length === 0) return [];
    const to = (side: keyof typeof tracks, service: string): PatchOperation => ({
      op: 'add',
      path: '/spec/rules/-',
      value: tracked(original, tracks[side], { ...kind.toService(own, service), weight: 1 }),
    });
    return [to('canary', share.canary), to('baseline', share.service)];
  });
}

/** The patch that takes them out again, the last one first; undefined where there are none. */
export function removeTracks(route: KubeObject, share: Share): PatchOperation[] | undefined {
  const found = rulesOf(route).flatMap((rule, i) => (isTrackOf(rule, share) ? [i] : []));
  if (found.length === 0) return undefined;
  return found.reverse().map(i => ({ op: 'remove', path: `/spec/rules/${i}` }));
}

function tracked({ name: _, sessionPersistence: __, ...rule }: Rule, track: string, backend: object): Rule {
  const header = { type: 'Exact', name: trackHeader, value: track };
  const matches: Rule[] = rule.matches?.length > 0 ? rule.matches : [{ path: { type: 'PathPrefix', value: '/' } }];
  return {
    ...rule,
    matches: matches.map(match => ({ ...match, headers: [...(match.headers ?? []), header] })),
    filters: marking(rule.filters ?? [], { name: trackHeader, value: track }),
    backendRefs: [backend],
  };
}

/** A rule may have one filter that changes the answer's headers, not two. */
function marking(filters: readonly Rule[], mark: { name: string; value: string }): Rule[] {
  const there = filters.find(({ type }) => type === 'ResponseHeaderModifier');
  const changed = {
    type: 'ResponseHeaderModifier',
    responseHeaderModifier: {
      ...there?.responseHeaderModifier,
      set: [...(there?.responseHeaderModifier?.set ?? []), mark],
    },
  };
  return there === undefined ? [...filters, changed] : filters.map(one => (one === there ? changed : one));
}
