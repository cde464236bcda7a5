import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../core/kubernetes/index.ts';

/** One field that would be another. A side that is undefined is not there. */
export interface Difference {
  /** `spec.template.spec.containers[hello].image` */
  readonly path: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

/** An object without what the server counts, dates and keeps for itself. */
export function meaningOf({ metadata, status: _, ...rest }: KubeObject): object {
  const { managedFields: _m, resourceVersion: _r, generation: _g, creationTimestamp: _c, uid: _u, ...kept } = metadata;
  const {
    'deployment.kubernetes.io/revision': _d,
    'deprecated.daemonset.template.generation': _t,
    'kubectl.kubernetes.io/last-applied-configuration': _l,
    ...annotations
  } = kept.annotations ?? {};
  return { ...rest, metadata: { ...kept, annotations } };
}

/** The fields that differ, by the path to each. Items of lists are told apart by their name or port, else by their place. */
export function differences(before: unknown, after: unknown, path = ''): Difference[] {
  if (isDeepStrictEqual(before, after)) return [];
  const [was, is] = [childrenOf(before), childrenOf(after)];
  if (was === undefined || is === undefined || was.list !== is.list) return [{ path, before, after }];
  const names = [...new Set([...was.items.keys(), ...is.items.keys()])];
  const found = names.flatMap(name =>
    differences(was.items.get(name), is.items.get(name), was.list ? `${path}[${name}]` : under(path, name)),
  );
  return found.length > 0 ? found : [{ path, before: 'in one order', after: 'in another order' }];
}

function under(path: string, name: string): string {
  if (!/^[A-Za-z0-9_-]+$/.test(name)) return `${path}["${name}"]`;
  return path === '' ? name : `${path}.${name}`;
}

/** By name: the fields of an object, the items of a list; undefined for what is neither. */
function childrenOf(value: unknown): { list: boolean; items: Map<string, unknown> } | undefined {
  if (value === null || typeof value !== 'object') return undefined;
  if (!Array.isArray(value)) return { list: false, items: new Map(Object.entries(value)) };
  for (const key of ['name', 'containerPort', 'port', 'mountPath', 'type']) {
    const names = value.map(item => item?.[key]).filter(name => name !== undefined);
    if (names.length === value.length && new Set(names).size === value.length)
      return { list: true, items: new Map(value.map(item => [String(item[key]), item])) };
  }
  return { list: true, items: new Map(value.map((item, index) => [String(index), item])) };
}

/** `path: before → after`, one line each. Of a Secret only that its values changed, never a value. */
export function differenceLines(kind: string, found: readonly Difference[]): string[] {
  return found.map(({ path, before, after }) => {
    const secret = kind === 'Secret' && /^(data|stringData)\b/.test(path);
    if (secret) {
      const what = before === undefined ? 'added' : after === undefined ? 'removed' : 'changed';
      return `${path}: ${what} (values of Secrets are not shown)`;
    }
    const [was, is] = shown(before, after);
    return `${path}: ${was} → ${is}`;
  });
}

/** Two values as one line each; of long texts what differs first. */
function shown(before: unknown, after: unknown): [string, string] {
  const isText = (value: unknown): value is string => typeof value === 'string' && value.includes('\n');
  if (!isText(before) && !isText(after)) return [short(before), short(after)];
  const [was, is] = [before, after].map(value => String(value ?? '').split('\n'));
  const at = is!.findIndex((line, index) => line !== was![index]);
  const line = at < 0 ? is!.length : at;
  return [`line ${line + 1} of ${was!.length}: ${short(was![line])}`, `of ${is!.length}: ${short(is![line])}`];
}

function short(value: unknown): string {
  if (value === undefined) return 'none';
  const text = JSON.stringify(value);
  return text.length > 160 ? `${text.slice(0, 157)}…` : text;
}
