import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parse, stringify } from 'yaml';
import { checks } from '../../src/release/doctor/registry.ts';
import { examined, statesOf } from '../release/doctor/from-sources.ts';
import { ownNamespace } from './canary-lab.ts';
import { makeAuthority } from './certificates.ts';
import { exampleManifests } from './deploy-k8s-canary.ts';
import { describeWith } from './lab.ts';

const namespace = 'slipway-test-doctor';
const ids = checks.filter(({ family }) => family === 'cluster').map(({ id }) => id);

await describeWith(['cluster'], 'doctor: what it sees in a cluster', lab => {
  const { kubectl, fresh, end } = ownNamespace(lab, namespace);
  let folder: string;
  let admin: string;
  const apply = (object: object) => kubectl(['apply', '-f', '-'], JSON.stringify(object));
  const seen = async (kubeconfig: string, workload = 'hello') => {
    const yml = `deploy:\n  - { kind: deploy-k8s-canary, kubeconfig: { env: K }, namespace: ${namespace}, workload: deployment/${workload} }\n`;
    return statesOf(await examined(folder, yml, { K: kubeconfig }), 'cluster');
  };
  const ingress = (tls: object) => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name: 'hello' },
    spec: { ...tls, defaultBackend: { service: { name: 'hello', port: { number: 80 } } } },
  });
  const secret = async (days: number) => {
    const authority = await makeAuthority(await mkdtemp(join(folder, 'ca-')));
    const to = new Date(Date.now() + days * 86_400_000);
    const pair = await authority.sign('site', 'hello.example.com', new Date(Date.now() - 1000), to);
    const data = await Promise.all([pair.certificate, pair.key].map(path => readFile(path, 'base64')));
    await apply({
      apiVersion: 'v1',
      kind: 'Secret',
      type: 'kubernetes.io/tls',
      metadata: { name: 'site' },
      data: { 'tls.crt': data[0], 'tls.key': data[1] },
    });
  };
  /** A user of the cluster with a Role of its own. */
  const userWho = async (name: string, rights: readonly string[]) => {
    await kubectl(['create', 'serviceaccount', name]);
    await kubectl(['create', 'role', name, '--verb=get,list', ...rights.map(one => `--resource=${one}`)]);
    await kubectl(['create', 'rolebinding', name, `--role=${name}`, `--serviceaccount=${namespace}:${name}`]);
    const config = parse(admin);
    config.users[0].user = { token: await kubectl(['create', 'token', name]) };
    return stringify(config);
  };
  /** The example’s, with no pods: what is looked at is what they would be made of. */
  const deployment = async () => {
    const object = parse((await exampleManifests(30299, 'unused.test')).deployment);
    object.spec.replicas = 0;
    return object;
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-doctor-'));
    admin = await readFile(lab.cluster.kubeconfig, 'utf8');
    await fresh();
  }, 120_000);
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
    await end();
  }, 60_000);

  test('a workload that nobody cared for: every check fails, and says what it saw', async () => {
    const bare = await deployment();
    const { spec } = bare.spec.template;
    bare.spec.template.spec = {
      terminationGracePeriodSeconds: 5,
      containers: [{ name: 'hello', image: spec.containers[0].image }],
    };
    await apply(bare);
    await apply(ingress({}));
    expect(await seen(admin)).toEqual({
      'pod-limits':
        'fail: hello requests no cpu, hello requests no memory, hello has no limit of memory, hello has no GOMEMLIMIT',
      'pod-probes': 'fail: no readinessProbe, no livenessProbe',
      'pod-stop': 'fail: terminationGracePeriodSeconds: 5',
      'pod-image': `fail: ${spec.containers[0].image}`,
      'pod-user':
        'fail: hello may be root, hello may gain privileges, hello keeps capabilities, hello can write its root file system, hello has no seccompProfile',
      'pod-token': 'fail: automountServiceAccountToken is not false',
      'network-policy': 'fail: none is about them',
      'ingress-certificate': 'fail: Ingress/hello has no TLS',
      'deploy-rights': 'fail: the user may do everything',
    });
    await secret(5);
    await apply(ingress({ tls: [{ secretName: 'site' }] }));
    expect((await seen(admin))['ingress-certificate']).toMatch(
      /^fail: Ingress\/hello Secret\/site until .* \(4 days\)$/,
    );
  }, 90_000);

  test('the same workload, put right: every check passes, for a user who may only look', async () => {
    const good = await deployment();
    const [container] = good.spec.template.spec.containers;
    container.image = `registry.example/hello@sha256:${'a'.repeat(64)}`;
    container.env.push({ name: 'GOMEMLIMIT', value: '57MiB' });
    await apply(good);
    await secret(60);
    await apply({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'hello' },
      spec: { podSelector: { matchLabels: { app: 'hello' } } },
    });
    const looks = await userWho('looks', [
      'deployments.apps',
      'networkpolicies.networking.k8s.io',
      'ingresses.networking.k8s.io',
      'secrets',
    ]);
    expect(await seen(looks)).toEqual(Object.fromEntries(ids.map(id => [id, expect.stringMatching(/^pass: /)])));
  }, 90_000);

  test('what may not be looked at is unknown, never a pass: rights, a workload that is not there, no cluster', async () => {
    const sees = await userWho('sees', ['deployments.apps']);
    expect(await seen(sees)).toMatchObject({
      'pod-limits': expect.stringMatching(/^pass: /),
      'network-policy': 'unknown: the user may not list networkpolicies',
      'ingress-certificate': 'unknown: the user may not list ingresses',
    });
    const blind = await userWho('blind', ['deployments.apps', 'ingresses.networking.k8s.io']);
    expect((await seen(blind))['ingress-certificate']).toMatch(/^unknown: Ingress\/hello Secret\/site: .*secrets/);
    const unknown = Object.fromEntries(ids.map(id => [id, expect.stringMatching(/^unknown: /)]));
    expect(await seen(admin, 'nobody')).toEqual(unknown);
    expect(await seen('garbage: [')).toEqual(unknown);
  }, 90_000);
});
