import { isDeepStrictEqual } from 'node:util';
import { SlipwayError } from '../../core/errors.ts';
import type { KubeObject, PatchOperation } from '../../core/kubernetes/index.ts';
import { type Backend, backendsAt, type RouteKind, type RouteRule, type Share } from '../weights.ts';

/** How a kind of route says, in a list of each rule, where its requests are copied to. */
export interface MirrorForm {
  /** Field of the rule that holds the list. */
  readonly field: string;
  /** An entry that copies so many percent. @param backend the copies' one, as a backend of the rule would be written */
  entry(backend: Backend, percent: number): object;
  /** The Service that an entry copies to; undefined for entries of another kind. */
  // biome-ignore lint/suspicious/noExplicitAny: raw JSON of the API
  target(entry: any): string | undefined;
}

/** The rules with their lists as they are now, to be put back. */
export function withLists(form: MirrorForm, route: KubeObject, rules: readonly RouteRule[]): RouteRule[] {
  return rules.map(rule => {
    const mirrors = listAt(form, route, rule);
    return mirrors === undefined ? rule : { ...rule, mirrors };
  });
}

/**
 * The patch that copies a share of every rule's requests to the canary, and to the fresh pods of the old release: behind what the
 * list has. A rule whose list or backends are not as they were was edited by somebody else.
 *
 * @returns undefined where it is as wanted
 * @throws ROUTE_EDITED
 */
export function addMirrors(
  form: MirrorForm,
  kind: RouteKind,
  route: KubeObject,
  rules: readonly RouteRule[],
  share: Share,
  percent: number,
): PatchOperation[] | undefined {
  const operations = rules.flatMap((rule): PatchOperation[] => {
    const now = listAt(form, route, rule);
    const target = wantedList(form, kind, rule, share, percent);
    const asBefore = isDeepStrictEqual(backendsAt(kind, route, rule), rule.backends);
    if (asBefore && isDeepStrictEqual(now, target)) return [];
    if (!asBefore || !isDeepStrictEqual(others(form, now, share), rule.mirrors ?? []))
      throw new SlipwayError(
        'ROUTE_EDITED',
        `${kind.kind}/${route.metadata.name}: ${rule.at} or its ${form.field} were changed by somebody else during the rollout`,
        { hint: 'Put it right by hand, then run `mode: abort`.' },
      );
    return [{ op: 'add', path: pathOf(form, rule), value: target }];
  });
  return operations.length === 0 ? undefined : operations;
}

/** What a rule's list is to be. */
export function wantedList(
  form: MirrorForm,
  kind: RouteKind,
  { backends, mirrors = [] }: RouteRule,
  { namespace, service, canary, baseline }: Share,
  percent: number,
): object[] {
  const own = backends.find(backend => kind.serviceOf(backend, namespace) === service)!;
  const to = [canary, ...(baseline === undefined ? [] : [baseline])];
  return [...mirrors, ...to.map(name => form.entry(kind.toService(own, name), percent))];
}

/** The patch that takes our entries out again, and with the last one a list that was not there before. */
export function removeMirrors(
  form: MirrorForm,
  route: KubeObject,
  rules: readonly RouteRule[],
  share: Share,
): PatchOperation[] | undefined {
  const operations = rules.flatMap((rule): PatchOperation[] => {
    const now = listAt(form, route, rule) ?? [];
    const rest = others(form, now, share);
    if (rest.length === now.length) return [];
    const path = pathOf(form, rule);
    if (rest.length === 0 && rule.mirrors === undefined) return [{ op: 'remove', path }];
    return [{ op: 'replace', path, value: rest }];
  });
  return operations.length === 0 ? undefined : operations;
}

export function listAt({ field }: MirrorForm, route: KubeObject, { at }: RouteRule): readonly object[] | undefined {
  const keys = at.split('/').slice(1, -1);
  // biome-ignore lint/suspicious/noExplicitAny: raw JSON of the API
  return keys.reduce((value: any, key) => value?.[key], route)?.[field];
}

/** Entries that are not ours. */
function others(form: MirrorForm, list: readonly object[] = [], { canary, baseline }: Share): readonly object[] {
  return list.filter(entry => {
    const target = form.target(entry);
    return target === undefined || ![canary, baseline].includes(target);
  });
}

function pathOf({ field }: MirrorForm, { at }: RouteRule): string {
  return at.replace(/[^/]*$/, field);
}
