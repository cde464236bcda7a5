import { stringify } from 'yaml';
import { type Permission, permissions } from '../core/kubernetes/index.ts';
import { configReferences } from './config-references.ts';
import type { Options } from './options.ts';
import { needed } from './preflight.ts';
import { moduleOf, routerKind } from './routers/all.ts';
import type { Situation } from './situation.ts';

/** What a run is better for, and does without. */
const useful = permissions(
  'get pods/proxy',
  'get pods/log',
  'list events',
  'list resourcequotas',
  'list limitranges',
  'list horizontalpodautoscalers.autoscaling',
  'list poddisruptionbudgets.policy',
);

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

/**
 * The Role that a run with these inputs needs, as YAML documents: of its namespace; a ClusterRole for manifests that belong to no
 * namespace; one in the namespace of Prometheus where it is asked through the API server.
 */
export function rolesText(situation: Situation, options: Options, namespace: string): string {
  const { workload, planned, copies } = situation;
  const applied = planned.map(({ path }) => ({ ...resourceAt(path), verbs: ['get', 'create', 'patch'] }));
  const discarded = planned
    .filter(({ object }) => copies.has(object))
    .map(({ path }) => ({ ...resourceAt(path), verbs: ['get', 'delete'] }));
  const of = (namespaced: boolean) =>
    [...applied, ...discarded]
      .filter(one => one.namespaced === namespaced)
      .flatMap(({ group, resource, verbs }) => verbs.map(verb => ({ group, resource, verb })));
  const name = `slipway-${workload}`;
  const outside = [...of(false), ...outsideOf(options)];
  const place = options['prometheus-url'];
  return [
    document(
      'Role',
      { name, namespace },
      [...needed(options, situation.kind), ...useful, ...of(true)],
      secretsRule(situation),
    ),
    ...(outside.length === 0 ? [] : [document('ClusterRole', { name }, outside)]),
    ...(place?.kind !== 'service'
      ? []
      : [
          document(
            'Role',
            { name: `${name}-prometheus`, namespace: place.namespace },
            permissions('get services/proxy'),
          ),
        ]),
  ].join('---\n');
}

/** What the router asks for beyond the namespace. */
function outsideOf(options: Options): readonly Permission[] {
  return options.strategy === 'rolling' ? [] : (moduleOf(routerKind(options)).outside?.(options) ?? []);
}

/** Secrets that Jobs before the first step read: without them their log is not shown, as it could not be masked. */
function secretsRule({ jobs }: Situation): Rule[] {
  const read = jobs.flatMap(({ spec }) => configReferences(spec.template)).filter(({ kind }) => kind === 'Secret');
  const resourceNames = [...new Set(read.map(({ name }) => name))].sort();
  return resourceNames.length === 0 ? [] : [{ apiGroups: [''], resources: ['secrets'], resourceNames, verbs: ['get'] }];
}

function document(kind: string, metadata: object, wanted: readonly Permission[], more: readonly Rule[] = []): string {
  return stringify(
    { apiVersion: 'rbac.authorization.k8s.io/v1', kind, metadata, rules: [...rulesOf(wanted), ...more] },
    { lineWidth: 0, aliasDuplicateObjects: false },
  );
}

/** One rule for resources of a group that need the same verbs. */
export function rulesOf(wanted: readonly Permission[]): Rule[] {
  const verbs = new Map<string, Set<string>>();
  for (const { verb, group, resource, subresource } of wanted) {
    const key = `${group} ${resource}${subresource === undefined ? '' : `/${subresource}`}`;
    verbs.set(key, (verbs.get(key) ?? new Set()).add(verb));
  }
  const rules = new Map<string, { group: string; resources: string[]; verbs: string[] }>();
  for (const [key, found] of [...verbs].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const [group = '', resource = ''] = key.split(' ');
    const sorted = [...found].sort();
    const same = `${group} ${sorted}`;
    const rule = rules.get(same) ?? { group, resources: [], verbs: sorted };
    rule.resources.push(resource);
    rules.set(same, rule);
  }
  return [...rules.values()].map(({ group, ...rule }) => ({ apiGroups: [group], ...rule }));
}

/** `/apis/apps/v1/namespaces/x/deployments/hello` → deployments of apps. */
function resourceAt(path: string): { group: string; resource: string; namespaced: boolean } {
  const [, api, ...rest] = path.split('/');
  const group = api === 'apis' ? rest.shift()! : '';
  const [, ...behind] = rest; // the version
  const namespaced = behind[0] === 'namespaces' && behind.length > 2;
  return { group, resource: behind[namespaced ? 2 : 0]!, namespaced };
}
