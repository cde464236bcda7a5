import { expect, test } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { readInputs, variableOf } from '../../src/core/inputs.ts';
import { permissions } from '../../src/core/kubernetes/index.ts';
import { definition } from '../../src/deploy-k8s-canary/inputs.ts';
import { resolveOptions } from '../../src/deploy-k8s-canary/options.ts';
import { rolesText, rulesOf } from '../../src/deploy-k8s-canary/role.ts';

const roles = (given: Record<string, string>, paths: readonly string[] = [], more: object = {}) => {
  const env = Object.fromEntries(Object.entries(given).map(([name, value]) => [variableOf(name), value]));
  const {
    mode: _,
    strategy,
    ...inputs
  } = readInputs(definition.inputs, {
    ...env,
    [variableOf('workload')]: 'deployment/hello',
  });
  if (strategy === 'auto') throw new Error('chosen before');
  const options = resolveOptions(
    { ...inputs, strategy, mode: 'plan', image: 'registry.example/hello:v1' },
    undefined,
    '/',
  );
  const planned = paths.map(path => ({ path, object: {} }));
  const situation = { workload: 'hello', planned, copies: new Map(), jobs: [], ...more } as unknown as Parameters<
    typeof rolesText
  >[0];
  return parseAllDocuments(rolesText(situation, options, 'production')).map(one => one.toJS());
};
const may = (role: { rules: { apiGroups: string[]; resources: string[]; verbs: string[] }[] }, what: string) =>
  role.rules.flatMap(({ apiGroups, resources, verbs }) =>
    resources.some(name => `${name}${apiGroups[0] === '' ? '' : `.${apiGroups[0]}`}` === what) ? verbs : [],
  );

test('one rule for resources of a group with the same verbs, each verb once', () => {
  expect(
    rulesOf(permissions('list,get pods', 'list pods', 'get,list services', 'get deployments.apps', 'get pods/proxy')),
  ).toEqual([
    { apiGroups: [''], resources: ['pods', 'services'], verbs: ['get', 'list'] },
    { apiGroups: [''], resources: ['pods/proxy'], verbs: ['get'] },
    { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get'] },
  ]);
});

test('only what router and strategy need, and what the manifests hold', () => {
  const [rolling] = roles({ strategy: 'rolling' });
  expect(rolling.metadata).toEqual({ name: 'slipway-hello', namespace: 'production' });
  expect([may(rolling, 'pods'), may(rolling, 'services'), may(rolling, 'secrets')]).toEqual([['list'], [], []]);
  const [gateway] = roles({ router: 'gateway' }, ['/apis/policy/v1/namespaces/production/poddisruptionbudgets/hello']);
  expect(may(gateway, 'httproutes.gateway.networking.k8s.io')).toEqual(['get', 'list', 'patch']);
  expect(may(gateway, 'poddisruptionbudgets.policy')).toEqual(['create', 'get', 'list', 'patch']);
});

test('what belongs to no namespace is a ClusterRole’s, and Prometheus has a Role in its own', () => {
  const all = roles({ 'prometheus-url': 'service:monitoring/prometheus:9090', metrics: '- errors' }, [
    '/api/v1/namespaces/production',
  ]);
  expect(all.map(({ kind, metadata }) => [kind, metadata.namespace])).toEqual([
    ['Role', 'production'],
    ['ClusterRole', undefined],
    ['Role', 'monitoring'],
  ]);
  expect(may(all[1], 'namespaces')).toEqual(['create', 'get', 'patch']);
  expect(may(all[2], 'services/proxy')).toEqual(['get']);
});

test('a StatefulSet’s own resources instead of a Deployment’s, and the Secrets that Jobs read, by name', () => {
  const env = [{ name: 'URL', valueFrom: { secretKeyRef: { name: 'db', key: 'url' } } }];
  const job = { spec: { template: { spec: { containers: [{ env }], imagePullSecrets: [{ name: 'pull' }] } } } };
  const [role] = roles({ before: 'migrate.yaml' }, [], { kind: 'StatefulSet', jobs: [job, job] });
  expect(may(role, 'statefulsets.apps')).toEqual(['create', 'get', 'list', 'patch', 'watch']);
  expect([may(role, 'controllerrevisions.apps'), may(role, 'pods')]).toEqual([['list'], ['delete', 'list', 'watch']]);
  expect([may(role, 'deployments.apps'), may(role, 'replicasets.apps'), may(role, 'services')]).toEqual([[], [], []]);
  expect(role.rules.at(-1)).toEqual({
    apiGroups: [''],
    resources: ['secrets'],
    resourceNames: ['db', 'pull'],
    verbs: ['get'],
  });
});
