import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ReleaseRecord } from '../../src/core/record/schema.ts';
import { ownNamespace, pushExample } from './canary-lab.ts';
import { type Done, exampleManifests, get, type Running, start, userTraffic } from './deploy-k8s-canary.ts';
import { describeWith } from './lab.ts';

const namespace = 'slipway-test-k8s';
const nodePort = 30181;

await describeWith(['cluster', 'registry', 'go'], 'deploy-k8s-canary behind a plain Service', lab => {
  const url = `http://${lab.cluster.nodeAddress}:${nodePort}/`;
  const { kubectl, fresh, end } = ownNamespace(lab, namespace);
  let images: Record<string, string> = {};
  let manifests: Record<string, string>;

  const begin = (
    inputs: Record<string, string>,
    kubeconfig = lab.cluster.kubeconfig,
    files: Record<string, string> = {},
  ): Running =>
    start(
      kubeconfig,
      {
        namespace,
        manifests: '*.yaml',
        workload: 'deployment/hello',
        probes: `${url} 200`,
        'step-duration': '6s',
        'probe-rate': '45',
        ...inputs,
      },
      { ...manifests, ...files },
    );
  const act = (inputs: Record<string, string>, files: Record<string, string> = {}): Promise<Done> =>
    begin(inputs, undefined, files).done;
  const imageNow = () =>
    kubectl(['get', 'deployment', 'hello', '-o', 'jsonpath={.spec.template.spec.containers[0].image}']);
  const versionNow = async () => JSON.parse((await get(url)).body).version;
  const everything = () =>
    kubectl([
      'get',
      'deployments,services,configmaps,leases,replicasets',
      '-o',
      'jsonpath={range .items[*]}{.kind}/{.metadata.name}={.metadata.resourceVersion} {end}',
    ]);
  /** Nothing of a rollout is left, and every request is answered by this version. */
  const settledOn = async (version: string) => {
    expect(await kubectl(['get', 'deployments,services', '-o', 'name'])).toBe('deployment.apps/hello\nservice/hello');
    expect(new Set(await Promise.all(Array.from({ length: 20 }, versionNow)))).toEqual(new Set([version]));
  };

  beforeAll(async () => {
    images = await pushExample(lab, {
      v1: ['v1'],
      v2: ['v2'],
      errors: ['v2', 'HELLO_ERROR_RATE=0.4'],
      crash: ['v2', 'HELLO_START_CRASH=true'],
    });
    images['missing'] = images['v1']!.replace(/@.*/, '@sha256:' + '0'.repeat(64));
    const { deployment, service } = await exampleManifests(nodePort, 'unused.test');
    manifests = { 'deployment.yaml': deployment, 'service.yaml': service };
    await fresh();
  }, 180_000);

  afterAll(end);

  test('a plan says what would be made and makes nothing', async () => {
    const { code, log, outputs } = await act({ mode: 'plan', image: images['v1']! });
    expect(code).toBe(0);
    expect(log).toContain('first deploy');
    expect(log).toMatch(/create +Deployment\/hello/);
    expect(outputs['changed']).toBe('false');
    expect(await kubectl(['get', 'deployments,services,leases', '-o', 'name'])).toBe('');
  }, 30_000);

  test.each([
    { inputs: { context: 'nowhere' }, code: 'CONTEXT_UNKNOWN' },
    { inputs: { manifests: '', workload: 'deployment/absent' }, code: 'WORKLOAD_MISSING' },
    { inputs: { container: 'sidecar' }, code: 'CONTAINER_UNKNOWN' },
    { inputs: { namespace: 'slipway-no-such' }, code: 'NAMESPACE_MISSING' },
    { inputs: { steps: '0,50,50,100' }, code: 'INPUT_INVALID' },
    { inputs: { image: 'UPPER/case:tag:tag' }, code: 'INPUT_INVALID' },
    { inputs: { manifests: 'nothing-*.yaml' }, code: 'MANIFEST_INVALID' },
  ])(
    'bad input $inputs is refused with $code before anything is written',
    async ({ inputs, code: expected }) => {
      const { code, log } = await act({ image: images['v1']!, ...inputs });
      expect(log).toContain(`[${expected}]`);
      expect(code).toBe(1);
      expect(await kubectl(['get', 'deployments,services,leases', '-o', 'name'])).toBe('');
    },
    30_000,
  );

  test('a first deploy that fails says that there is nothing to go back to; the next one starts over', async () => {
    const { code, log, outputs } = await act({ image: images['crash']! });
    expect(log).toContain('[CRASH_LOOP]');
    expect(log).toContain('nothing to go back to');
    expect([code, outputs['state'], outputs['previous']]).toEqual([1, 'failed', '']);
    const back = await act({ mode: 'rollback' });
    expect([back.code, back.log.includes('[NOTHING_BEFORE]')]).toEqual([1, true]);
  }, 60_000);

  test('the first deploy applies the manifests and proves the pods', async () => {
    const { code, outputs, deployment } = await act({ image: images['v1']! });
    expect(code).toBe(0);
    expect(outputs).toMatchObject({ state: 'healthy', previous: '', changed: 'true' });
    expect(deployment).toMatchObject({
      kind: 'kubernetes',
      service: 'Deployment/hello',
      image: images['v1'],
      state: 'healthy',
      previous: '',
      evidence: { identity: 'proven' },
    });
    expect(deployment!.place).toMatch(new RegExp(`/${namespace}$`));
    expect(await versionNow()).toBe('v1');
  }, 60_000);

  test('the same again changes nothing', async () => {
    const before = await kubectl(['get', 'deployment', 'hello', '-o', 'jsonpath={.metadata.resourceVersion}']);
    const { code, outputs } = await act({ image: images['v1']! });
    expect([code, outputs['state'], outputs['changed']]).toEqual([0, 'unchanged', 'false']);
    expect(await kubectl(['get', 'deployment', 'hello', '-o', 'jsonpath={.metadata.resourceVersion}'])).toBe(before);
  }, 30_000);

  test('a canary needs probes', async () => {
    const before = await everything();
    const { code, log } = await act({ image: images['v2']!, probes: '' });
    expect([code, log.includes('[PROBES_MISSING]')]).toEqual([1, true]);
    expect(await everything()).toBe(before);
  }, 30_000);

  test('a plan of a canary names steps and shares and writes nothing', async () => {
    const before = await everything();
    const { code, log } = await act({ mode: 'plan', image: images['v2']!, steps: '0,20,50,100' });
    expect(code).toBe(0);
    expect(log).toContain('20 %     1 of 3 pods, 33.3 %');
    expect(log).toContain('50 %     2 of 4 pods, 50.0 %');
    expect(await everything()).toBe(before);
  }, 30_000);

  test('a kind that the cluster does not have is named before anything is written', async () => {
    const before = await everything();
    manifests['widget.yaml'] = 'apiVersion: example.test/v1\nkind: Widget\nmetadata: {name: w}\n';
    const { code, log } = await act({ image: images['v2']! });
    delete manifests['widget.yaml'];
    expect(log).toContain('[KIND_UNKNOWN]');
    expect(log).toContain('no kind Widget in example.test/v1');
    expect(code).toBe(1);
    expect(await everything()).toBe(before);
  }, 30_000);

  test('a Service that selects nothing of the workload, or pods of others, is named before anything is written', async () => {
    const select = (app: string) =>
      kubectl(['patch', 'service', 'hello', '--type=merge', '-p', JSON.stringify({ spec: { selector: { app } } })]);
    await select('nobody');
    const before = await everything();
    const nothing = await act({ manifests: 'deployment.yaml', image: images['v2']! });
    expect([nothing.code, nothing.log.includes('[SERVICE_MISSING]')]).toEqual([1, true]);
    expect(await everything()).toBe(before);
    await select('hello');
    await kubectl(['run', 'stranger', `--image=${images['v1']}`, '--labels=app=hello', '--restart=Never']);
    await kubectl(['wait', 'pod/stranger', '--for=jsonpath={.status.phase}=Running', '--timeout=30s']);
    const foreign = await act({ manifests: 'deployment.yaml', image: images['v2']! });
    await kubectl(['delete', 'pod', 'stranger', '--grace-period=1']);
    expect(foreign.log).toContain('[FOREIGN_PODS]');
    expect(foreign.log).toContain('stranger');
    expect(foreign.code).toBe(1);
  }, 60_000);

  test('pods that the cluster refuses are reported in seconds', async () => {
    const level = 'pod-security.kubernetes.io/enforce';
    const text = manifests['deployment.yaml']!.replace(
      'allowPrivilegeEscalation: false',
      'allowPrivilegeEscalation: true',
    );
    await kubectl(['label', 'namespace', namespace, `${level}=restricted`]);
    const { code, log, took } = await act({ image: images['v2']! }, { 'deployment.yaml': text });
    await kubectl(['label', 'namespace', namespace, `${level}-`]);
    expect(log).toContain('[PODS_REFUSED]');
    expect(log).toContain('allowPrivilegeEscalation != false');
    expect(code).toBe(1);
    expect(took).toBeLessThan(20_000);
    await settledOn('v1');
  }, 60_000);

  test('an image that answers with errors is rolled back by the statistics, and no user saw it', async () => {
    const users = userTraffic(url, undefined, 20);
    const { code, log, outputs, deployment } = await act({ image: images['errors']! });
    const seen = await users.stop();
    expect(log).toContain('[CANARY_WORSE]');
    expect([code, outputs['state'], outputs['previous'], outputs['changed']]).toEqual([
      1,
      'rolled-back',
      images['v1'],
      'false',
    ]);
    expect(deployment!.evidence.steps.at(-1)).toMatchObject({ weight: 0, verdict: 'CANARY_WORSE' });
    expect(deployment!.evidence.steps.at(-1).harm).toBeGreaterThanOrEqual(100);
    expect(deployment!.evidence).toMatchObject({ identity: 'proven', reason: { code: 'CANARY_WORSE' } });
    expect([...seen.versions.keys()]).toEqual(['v1']);
    expect(seen.failed).toEqual([]);
    await settledOn('v1');
  }, 60_000);

  test('a crash loop is reported in seconds with the last log lines, and the old release serves', async () => {
    const { code, log, outputs, took } = await act({ image: images['crash']! });
    expect(log).toContain('[CRASH_LOOP]');
    expect(log).toContain('crashing, as start_crash asks');
    expect([code, outputs['state']]).toEqual([1, 'rolled-back']);
    expect(took).toBeLessThan(25_000);
    await settledOn('v1');
  }, 60_000);

  test('an image that cannot be pulled is reported in seconds with the events', async () => {
    const { code, log, took } = await act({ image: images['missing']! });
    expect(log).toContain('[IMAGE_PULL]');
    expect(log).toMatch(/event Failed: .*not found/);
    expect(code).toBe(1);
    expect(took).toBeLessThan(15_000);
    await settledOn('v1');
  }, 60_000);

  test('cancelled in the middle of a step, all traffic is on the old release within the runner’s time', async () => {
    const running = begin({ image: images['v2']!, 'step-duration': '60s', steps: '75,100' });
    await running.says('75 %: watching');
    expect(await kubectl(['get', 'deployment', 'hello', '-o', 'jsonpath={.spec.replicas}'])).toBe('1');
    const cancelled = Date.now();
    running.signal('SIGINT');
    const { code, outputs } = await running.done;
    expect(Date.now() - cancelled).toBeLessThan(7500);
    expect([code, outputs['state']]).toEqual([1, 'rolled-back']);
    expect(await kubectl(['get', 'deployment', 'hello', '-o', 'jsonpath={.spec.replicas}'])).toBe('2');
    await settledOn('v1');
  }, 60_000);

  test('killed in the middle of a step: status says so, abort waits until the lease is over and ends it', async () => {
    const running = begin({ image: images['v2']!, 'step-duration': '60s', steps: '50,100' });
    await running.says('50 %: watching');
    running.signal('SIGKILL');
    await running.done;
    expect((await act({ mode: 'status' })).outputs['state']).toBe('progressing');
    const { code, outputs, log } = await act({ mode: 'abort' });
    expect(log).toContain('waiting to see whether it is renewed');
    expect(log).toContain('left behind');
    expect(log).toMatch(/Read back: Service\/hello: 2 old and 0 new pods; 0 pods of hello-canary; .*2 of 2 pods ready/);
    expect([code, outputs['state']]).toEqual([0, 'rolled-back']);
    await settledOn('v1');
    expect((await act({ mode: 'abort' })).outputs['state']).toBe('unchanged');
  }, 90_000);

  test('of two runs at once one deploys, the other says who holds the lease', async () => {
    const inputs = { image: images['v2']!, 'step-duration': '60s', steps: '0,100' };
    const first = begin(inputs);
    await first.says('0 %:');
    const second = await act(inputs);
    expect([second.code, second.log.includes('[LOCKED]'), second.log.includes('is held by')]).toEqual([1, true, true]);
    first.signal('SIGINT');
    await first.done;
    await settledOn('v1');
  }, 60_000);

  test('a field that another manager owns is not taken: the error names it, and nothing is written', async () => {
    const owned = JSON.stringify({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'hello' },
      spec: { progressDeadlineSeconds: 77 },
    });
    await kubectl(['apply', '--server-side', '--force-conflicts', '--field-manager=autotuner', '-f', '-'], owned);
    const before = await everything();
    const { code, log } = await act({ image: images['v2']! });
    expect(log).toContain('[APPLY_CONFLICT]');
    expect(log).toContain('autotuner owns .spec.progressDeadlineSeconds');
    expect(code).toBe(1);
    expect(await everything()).toBe(before);
    const given = JSON.stringify({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'hello' },
      spec: { progressDeadlineSeconds: 120 },
    });
    await kubectl(['apply', '--server-side', '--field-manager=autotuner', '-f', '-'], given);
  }, 60_000);

  test('without enough evidence the release is rolled back as inconclusive, never promoted', async () => {
    const { code, log, outputs } = await act({
      image: images['v2']!,
      'on-inconclusive': 'rollback',
      steps: '0,100',
      'step-duration': '2s',
      'probe-rate': '5',
    });
    expect(log).toContain('this cannot suffice');
    expect(log).toContain('[INCONCLUSIVE]');
    expect([code, outputs['state']]).toEqual([1, 'rolled-back']);
    await settledOn('v1');
  }, 60_000);

  test('a permission that is missing is named before anything is written', async () => {
    await kubectl(['create', 'serviceaccount', 'reader']);
    await kubectl(['create', 'rolebinding', 'reader', '--clusterrole=view', `--serviceaccount=${namespace}:reader`]);
    const token = await kubectl(['create', 'token', 'reader']);
    const config = JSON.parse(await kubectl(['config', 'view', '--raw', '--minify', '-o', 'json']));
    config.users[0].user = { token };
    const before = await everything();
    const { code, log } = await act({ image: images['v2']!, kubeconfig: JSON.stringify(config) });
    expect(log).toContain('[PERMISSION_MISSING]');
    expect(log).toContain('patch deployments.apps');
    expect(log.replaceAll(/::add-mask::.*/g, '')).not.toContain(token);
    expect(code).toBe(1);
    expect(await everything()).toBe(before);
  }, 60_000);

  test('a good release goes 0, 50, 100 %; the record carries steps, e-values and imageIDs', async () => {
    const record: ReleaseRecord = {
      schema: 'slipway.release/v1',
      name: 'hello',
      version: 'v2',
      binaries: [],
      images: [],
      deployments: [],
    };
    const [repository, digest] = images['v2']!.split('@') as [string, string];
    record.images.push({ repositories: [repository], digest, tags: [], platforms: [], attestations: [] });
    manifests['release.json'] = JSON.stringify(record);
    const { code, log, outputs, deployment, summary } = await act({ release: 'release.json', 'step-duration': '8s' });
    delete manifests['release.json'];
    expect([code, code === 0 ? '' : log]).toEqual([0, '']);
    expect(outputs).toMatchObject({ state: 'healthy', previous: images['v1'], changed: 'true' });
    expect(deployment).toMatchObject({ image: images['v2'], release: 'v2', previous: images['v1'], state: 'healthy' });
    const { steps, pods, identity } = deployment!.evidence;
    expect(steps.map((step: { weight: number }) => step.weight)).toEqual([0, 50, 100]);
    expect(steps[1]).toMatchObject({ share: '2 of 4 pods, 50.0 %', ready: 2, verdict: 'passed' });
    expect(steps[1].good).toBeGreaterThanOrEqual(20);
    expect(Math.abs(steps[1].observed - 0.5)).toBeLessThan(0.25);
    expect([identity, pods.length, pods[0].imageID.endsWith(digest)]).toEqual(['proven', 2, true]);
    expect(summary).toContain('| 50 % | 2 of 4 pods, 50.0 % |');
    expect(summary).toContain('```mermaid');
    await settledOn('v2');
  }, 120_000);

  test('mode rollback goes back to the release before, and once only', async () => {
    const { code, outputs, deployment } = await act({ mode: 'rollback' });
    expect([code, outputs['state']]).toEqual([0, 'rolled-back']);
    expect(deployment).toMatchObject({
      state: 'rolled-back',
      previous: images['v1'],
      evidence: { identity: 'proven' },
    });
    expect(await imageNow()).toBe(images['v1']);
    await settledOn('v1');
    expect((await act({ mode: 'rollback' })).outputs['state']).toBe('unchanged');
  }, 60_000);

  test('a rolling update that never becomes ready goes back by itself', async () => {
    const { code, log, outputs } = await act({ strategy: 'rolling', image: images['crash']! });
    expect(log).toContain('[CRASH_LOOP]');
    expect([code, outputs['state']]).toEqual([1, 'rolled-back']);
    await settledOn('v1');
  }, 90_000);

  test('only the image of an existing workload, without manifests', async () => {
    const { code, outputs } = await act({
      manifests: '',
      strategy: 'rolling',
      image: images['v2']!,
      'step-duration': '2s',
    });
    expect([code, outputs['state']]).toEqual([0, 'healthy']);
    await settledOn('v2');
  }, 60_000);
});
