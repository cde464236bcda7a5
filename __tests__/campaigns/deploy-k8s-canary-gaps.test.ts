import { readFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { connectCluster, Kinds } from '../../src/core/kubernetes/index.ts';
import { ownNamespace, pushExample } from '../integration/canary-lab.ts';
import {
  type Done,
  exampleManifests,
  get,
  type Running,
  start,
  userTraffic,
} from '../integration/deploy-k8s-canary.ts';
import { describeWith, labModule } from '../integration/lab.ts';
import { type OidcIssuer, startOidcIssuer } from '../integration/oidc-issuer.ts';

const namespace = 'slipway-test-gaps';
const host = 'gaps.slipway.test';
const nodePort = 30184;

await describeWith(['cluster', 'registry', 'go', 'package:jq'], 'deploy-k8s-canary where others interfere', lab => {
  const url = `http://${lab.cluster.nodeAddress}:${nodePort}/`;
  const gateway = `- url: http://${lab.cluster.gateway}/\n  headers: {host: ${host}}\n  status: 200`;
  const { kubectl, fresh, end } = ownNamespace(lab, namespace);
  const apply = (object: object) => kubectl(['apply', '-f', '-'], JSON.stringify(object));
  let images: Record<string, string> = {};
  let manifests: Record<string, string>;
  let issuer: OidcIssuer;
  let restarted: Promise<void> | undefined;
  /** The API server dies, once, and is started again so that it trusts the issuer. */
  const trusting = async (outage = 0) => {
    const { restartApiServer } = await labModule('cluster');
    restarted ??= restartApiServer({ outage, jwt: issuer.jwt });
    await restarted;
  };

  const begin = (inputs: Record<string, string>, environment: Record<string, string> = {}): Running =>
    start(
      lab.cluster.kubeconfig,
      {
        namespace,
        manifests: '*.yaml',
        workload: 'deployment/hello',
        probes: inputs['router'] === 'gateway' ? gateway : `${url} 200`,
        'step-duration': '5s',
        'probe-rate': '45',
        ...inputs,
      },
      manifests,
      undefined,
      environment,
    );
  const act = (inputs: Record<string, string>): Promise<Done> => begin(inputs).done;
  const versionNow = async () => JSON.parse((await get(url)).body).version;
  const objects = () => kubectl(['get', 'deployments,services', '-o', 'name']);
  const written = () =>
    kubectl([
      'get',
      'deployments,services,configmaps,leases,replicasets,httproutes',
      '-o',
      'jsonpath={range .items[*]}{.kind}/{.metadata.name}={.metadata.generation},{.metadata.labels},{.data} {end}',
    ]);
  /** Each ends on v1 with nothing of a rollout left, whatever the one before did. */
  const settledOn = async (version: string) => {
    expect(await objects()).toBe('deployment.apps/hello\nservice/hello');
    expect(new Set(await Promise.all(Array.from({ length: 20 }, versionNow)))).toEqual(new Set([version]));
  };
  const refused = async (code: string, inputs: Record<string, string>): Promise<string> => {
    const before = await written();
    const done = await act({ image: images['v2']!, ...inputs });
    expect(done.log).toContain(`[${code}]`);
    expect(done.code).toBe(1);
    expect(await written()).toBe(before);
    return done.log;
  };

  beforeAll(async () => {
    images = await pushExample(lab, { v1: ['v1'], v2: ['v2'] });
    const job = { audience: 'kubernetes.example.com', repository: 'acme/hello', environment: 'production' };
    issuer = await startOidcIssuer(new URL(lab.registry.url).hostname, { ...job, seconds: 4 });
    const all = await exampleManifests(nodePort, host);
    manifests = Object.fromEntries(Object.entries(all).map(([name, text]) => [`${name}.yaml`, text]));
    await fresh();
    const { code, log } = await act({ image: images['v1']!, 'step-duration': '2s' });
    expect([code, code === 0 ? '' : log]).toEqual([0, '']);
  }, 180_000);

  afterAll(async () => {
    await issuer.close();
    await end();
  });

  describe('before anything is written', () => {
    test('an API group that the cluster does not have', async () => {
      manifests['absent.yaml'] = 'apiVersion: absent.slipway.test/v1\nkind: HTTPRoute\nmetadata: {name: absent}';
      try {
        expect(await refused('KIND_UNKNOWN', {})).toContain('CustomResourceDefinition');
      } finally {
        delete manifests['absent.yaml'];
      }
      const cluster = await connectCluster({ kubeconfig: await readFile(lab.cluster.kubeconfig, 'utf8') });
      try {
        expect(await new Kinds(cluster).find('absent.slipway.test/v1', 'HTTPRoute')).toBeUndefined();
      } finally {
        cluster.close();
      }
    }, 30_000);

    test('a route that leads elsewhere', async () => {
      await apply({
        apiVersion: 'gateway.networking.k8s.io/v1',
        kind: 'HTTPRoute',
        metadata: { name: 'elsewhere', namespace },
        spec: { parentRefs: [{ name: 'hello' }], rules: [{ backendRefs: [{ name: 'other', port: 80 }] }] },
      });
      const log = await refused('ROUTE_ELSEWHERE', { router: 'gateway', route: 'elsewhere' });
      expect(log).toContain('no rule of HTTPRoute/elsewhere leads to Service/hello');
      await kubectl(['delete', 'httproute', 'elsewhere']);
    }, 30_000);

    test.each([
      {
        kind: 'Deployment',
        router: 'service',
        object: {
          apiVersion: 'apps/v1',
          spec: {
            replicas: 0,
            selector: { matchLabels: { app: 'theirs' } },
            template: {
              metadata: { labels: { app: 'theirs' } },
              spec: { containers: [{ name: 'theirs', image: 'registry.example/theirs' }] },
            },
          },
        },
      },
      {
        kind: 'Service',
        router: 'gateway',
        object: { apiVersion: 'v1', spec: { selector: { app: 'theirs' }, ports: [{ port: 80 }] } },
      },
    ])(
      'somebody else’s $kind of the canary’s name',
      async ({ kind, router, object }) => {
        await apply({ ...object, kind, metadata: { name: 'hello-canary', namespace } });
        const log = await refused('NAME_TAKEN', { router });
        expect(log).toContain(`${kind}/hello-canary`);
        await kubectl(['delete', kind, 'hello-canary']);
      },
      30_000,
    );

    test('an autoscaler that owns the replicas, above 80 %', async () => {
      await kubectl(['autoscale', 'deployment', 'hello', '--min=2', '--max=3']);
      const log = await refused('AUTOSCALED', { steps: '0,90,100' });
      expect(log).toContain('HorizontalPodAutoscaler/hello');
      expect(log).toContain('9 new pods for each old one');
      await kubectl(['delete', 'horizontalpodautoscaler', 'hello']);
    }, 30_000);
  });

  describe('too little evidence', () => {
    const few = { 'probe-rate': '2', 'step-duration': '2s', steps: '50,100' };
    afterEach(() => settledOn('v1'), 30_000);

    test('hold leaves the canary at its weight, and abort ends it', async () => {
      const { code, outputs, log, deployment } = await act({
        ...few,
        image: images['v2']!,
        'on-inconclusive': 'hold',
      });
      expect([code, outputs['state']]).toEqual([1, 'inconclusive']);
      expect(log).toContain('[INCONCLUSIVE]');
      expect(deployment?.state).toBe('inconclusive');
      expect(await objects()).toContain('hello-canary');
      const answers = await Promise.all(Array.from({ length: 40 }, versionNow));
      expect(new Set(answers)).toEqual(new Set(['v1', 'v2']));
      expect((await act({ mode: 'status' })).outputs['state']).toBe('inconclusive');
      const aborted = await act({ mode: 'abort' });
      expect([aborted.code, aborted.outputs['state']]).toEqual([0, 'rolled-back']);
    }, 90_000);

    test('extend goes on until the timeout, then rolls back', async () => {
      const { code, outputs, log } = await act({
        ...few,
        image: images['v2']!,
        'on-inconclusive': 'extend',
        timeout: '14s',
      });
      expect(log).toContain('The evidence does not suffice yet, going on at 50 %');
      expect([code, outputs['state']]).toEqual([1, 'rolled-back']);
    }, 90_000);

    test('promote goes on, records that it was inconclusive, and can be rolled back', async () => {
      const { code, outputs, deployment, log } = await act({
        ...few,
        image: images['v2']!,
        'on-inconclusive': 'promote',
      });
      expect([code, code === 0 ? '' : log]).toEqual([0, '']);
      expect(outputs['state']).toBe('healthy');
      expect(deployment!.evidence.notes.join()).toContain('Inconclusive');
      await settledOn('v2');
      expect((await act({ mode: 'rollback' })).outputs['state']).toBe('rolled-back');
    }, 120_000);
  });

  describe('the lease is lost in the middle', () => {
    test.each([
      { by: 'deleted', take: ['delete', 'lease', 'slipway-hello'], says: 'somebody deleted it' },
      {
        by: 'taken over',
        take: ['patch', 'lease', 'slipway-hello', '--type=merge', '-p', '{"spec":{"holderIdentity":"somebody"}}'],
        says: 'it is now held by "somebody"',
      },
    ])(
      '$by: not one write more, on record, and the next run ends it',
      async ({ take, says }) => {
        const running = begin({ image: images['v2']!, steps: '50,100', 'step-duration': '40s' });
        await running.says('50 %: watching');
        const began = Date.now();
        await kubectl(take);
        const { code, log, outputs, deployment } = await running.done;
        expect(Date.now() - began).toBeLessThan(15_000);
        expect(log).toContain('[LOCK_LOST]');
        expect(log).toContain(says);
        expect([code, outputs['state'], deployment?.state]).toEqual([1, 'progressing', 'progressing']);
        expect(await objects()).toContain('hello-canary');
        await kubectl(['delete', 'lease', 'slipway-hello', '--ignore-not-found']);
        const aborted = await act({ mode: 'abort' });
        expect([aborted.code, aborted.outputs['state']]).toEqual([0, 'rolled-back']);
        await settledOn('v1');
      },
      90_000,
    );
  });

  test('cancelled while the canary ends and the promoted pods are watched: the old release again, and nothing is left', async () => {
    const running = begin({ image: images['v2']!, steps: '50,100', 'step-duration': '10s' });
    await running.says('100 %: watching');
    expect(await objects()).toContain('hello-canary');
    const cancelled = Date.now();
    running.signal('SIGINT');
    const { code, outputs } = await running.done;
    expect(Date.now() - cancelled).toBeLessThan(7500);
    expect([code === 0, outputs['state']]).toEqual([false, 'rolled-back']);
    await kubectl(['rollout', 'status', 'deployment/hello', '--timeout=60s']);
    await new Promise(resolve => setTimeout(resolve, 3000)); // pods that end still answer for a moment
    await settledOn('v1');
  }, 90_000);

  describe('with exactly the permissions of the README', () => {
    const rule = (apiGroup: string, resources: string, verbs: string) => ({
      apiGroups: [apiGroup],
      resources: resources.split(','),
      verbs: verbs.split(','),
    });
    const always = [
      rule('apps', 'deployments', 'get,list,watch,patch,create,delete'),
      rule('apps', 'replicasets', 'list'),
      rule('', 'pods,services', 'list'),
      rule('', 'configmaps', 'get,create,patch'),
      rule('coordination.k8s.io', 'leases', 'get,create,update'),
      rule('', 'pods/proxy', 'get'),
    ];
    const routers = {
      service: [rule('', 'pods', 'get,patch'), rule('discovery.k8s.io', 'endpointslices', 'list')],
      gateway: [
        rule('gateway.networking.k8s.io', 'httproutes', 'get,list,patch'),
        rule('', 'services', 'get,create,patch,delete'),
      ],
    };
    const kubeconfigOf = async (name: string, rules: object[]): Promise<string> => {
      const role = { apiVersion: 'rbac.authorization.k8s.io/v1', metadata: { name, namespace } };
      await apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } });
      await apply({ ...role, kind: 'Role', rules });
      await apply({
        ...role,
        kind: 'RoleBinding',
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
        subjects: [{ kind: 'ServiceAccount', name, namespace }],
      });
      const config = JSON.parse(await kubectl(['config', 'view', '--raw', '--minify', '-o', 'json']));
      config.users[0].user = { token: await kubectl(['create', 'token', name]) };
      return JSON.stringify(config);
    };

    test.each(['service', 'gateway'] as const)(
      'router %s: a good release is promoted, and rolled back',
      async router => {
        const kubeconfig = await kubeconfigOf(`exact-${router}`, [...always, ...routers[router]]);
        const inputs = { router, kubeconfig, manifests: '', steps: '0,50,100' };
        const { code, log, outputs } = await act({ ...inputs, image: images['v2']! });
        expect([code, code === 0 ? '' : log]).toEqual([0, '']);
        expect(outputs['state']).toBe('healthy');
        await settledOn('v2');
        const back = await act({ ...inputs, mode: 'rollback' });
        expect([back.code, back.outputs['state']]).toEqual([0, 'rolled-back']);
        await settledOn('v1');
      },
      120_000,
    );

    test('one missing is named, and nothing is written', async () => {
      const kubeconfig = await kubeconfigOf('lacking', [...always, routers.service[0]!]);
      const log = await refused('PERMISSION_MISSING', { kubeconfig, manifests: '' });
      expect(log).toContain('may not list endpointslices.discovery.k8s.io in');
    }, 30_000);
  });

  test('the API server dies in the middle of a step and comes back: no rollback, no user hears of it', async () => {
    const running = begin({ image: images['v2']!, steps: '0,50,100', 'step-duration': '8s' });
    await running.says('50 %: watching');
    const users = userTraffic(url, undefined, 20);
    await trusting(1000);
    const { code, log, outputs } = await running.done;
    const seen = await users.stop();
    expect([code, code === 0 ? '' : log]).toEqual([0, '']);
    expect(outputs['state']).toBe('healthy');
    expect(seen.failed).toEqual([]);
    await settledOn('v2');
  }, 120_000);

  test('with the README’s kubeconfig without a secret, and tokens that end in the middle: what the plan’s Role allows, and no other repository', async () => {
    await trusting();
    const [now, next] = (await versionNow()) === 'v1' ? ['v1', 'v2'] : ['v2', 'v1'];
    const inputs = { image: images[next!]!, manifests: '', steps: '0,100' };
    const plan = await act({ ...inputs, mode: 'plan' });
    await kubectl(['apply', '-f', '-'], / and no more:\n([\s\S]*)\nNothing was changed/.exec(plan.log)![1]!);
    const user = '--user=repo:acme/hello:environment:production';
    await kubectl(['create', 'rolebinding', 'job', '--role=slipway-hello', user]);
    const admin = JSON.parse(await kubectl(['config', 'view', '--raw', '--minify', '-o', 'json']));
    const { server, 'certificate-authority-data': ca } = admin.clusters[0].cluster;
    const page = await readFile(new URL('../../actions/deploy-k8s-canary/README.md', import.meta.url), 'utf8');
    const kubeconfig = /kubeconfig" << 'END'\n([\s\S]*?)\n {4}END/
      .exec(page)![1]!
      .replaceAll(/^ {4}/gm, '')
      .replace('https://kubernetes.example.com:6443', server)
      .replace('${{ vars.CLUSTER_CA }}', ca);
    const asJob = (given: Record<string, string>) => begin({ ...inputs, ...given, kubeconfig }, issuer.env).done;
    const { code, log, outputs } = await asJob({});
    const shown = log.replaceAll(/^::add-mask::.*$/gm, '');
    expect([code, code === 0 ? '' : shown]).toEqual([0, '']);
    expect(outputs['state']).toBe('healthy');
    expect(issuer.issued.length).toBeGreaterThan(2); // each was refused when its time was over
    expect(issuer.issued.filter(token => shown.includes(token))).toEqual([]);
    await settledOn(next!);
    issuer.repository = 'acme/other';
    const before = await written();
    const other = await asJob({ image: images[now!]! });
    expect([other.code, await written()]).toEqual([1, before]);
    expect(other.log).toContain('[KUBE_UNAUTHORIZED]');
  }, 120_000);
});
