import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ownNamespace, pushExample } from './canary-lab.ts';
import { exampleManifests, get, type Running, start, userTraffic } from './deploy-k8s-canary.ts';
import { describeWith } from './lab.ts';

const namespace = 'slipway-test-k8s-gateway';
const host = 'canary.slipway.test';

await describeWith(['cluster', 'registry', 'go'], 'deploy-k8s-canary behind a Gateway', lab => {
  const url = `http://${lab.cluster.gateway}/`;
  const { kubectl, fresh, end } = ownNamespace(lab, namespace);
  const probes = `- url: ${url}\n  headers: {host: ${host}}\n  status: 200`;
  let images: Record<string, string> = {};
  let manifests: Record<string, string>;

  const begin = (inputs: Record<string, string>): Running =>
    start(
      lab.cluster.kubeconfig,
      {
        namespace,
        manifests: '*.yaml',
        workload: 'hello',
        router: 'gateway',
        probes,
        'step-duration': '8s',
        'probe-rate': '40',
        ...inputs,
      },
      manifests,
    );
  const routeNow = async () => JSON.parse(await kubectl(['get', 'httproute', 'hello', '-o', 'jsonpath={.spec}']));
  const left = () => kubectl(['get', 'deployments,services', '-o', 'name']);

  beforeAll(async () => {
    images = await pushExample(lab, { v1: ['v1'], v2: ['v2'], errors: ['v2', 'HELLO_ERROR_RATE=0.2'] });
    const { deployment, service, gateway, httproute } = await exampleManifests(30182, host);
    manifests = {
      'deployment.yaml': deployment,
      'service.yaml': service,
      'gateway.yaml': gateway,
      'httproute.yaml': httproute,
    };
    await fresh();
    const { code, log } = await begin({ image: images['v1']!, 'step-duration': '2s' }).done;
    expect([code, code === 0 ? '' : log]).toEqual([0, '']);
  }, 180_000);

  afterAll(end);

  test('0, 50, 100 % under real requests: exact weights, the observed split, and not one failed request', async () => {
    const before = await routeNow();
    const users = userTraffic(url, host, 15);
    const running = begin({ image: images['v2']! });
    await running.says('hello=50 hello-canary=50');
    expect((await routeNow()).rules[0].backendRefs.map((ref: { weight: number }) => ref.weight)).toEqual([50, 50]);
    await running.says('hello=0 hello-canary=100');
    const { code, log, outputs, deployment } = await running.done;
    const seen = await users.stop();
    expect([code, code === 0 ? '' : log]).toEqual([0, '']);
    expect(outputs['state']).toBe('healthy');
    expect(seen.failed).toEqual([]);
    expect(seen.requests).toBeGreaterThan(1000);
    expect([...seen.versions.keys()].sort()).toEqual(['v1', 'v2']);
    const [, half, full] = deployment!.evidence.steps;
    expect(Math.abs(half.observed - 0.5)).toBeLessThan(0.2); // about 100 answers: four standard deviations
    expect(full.observed).toBe(1);
    expect(await routeNow()).toEqual(before);
    expect(await left()).toBe('deployment.apps/hello\nservice/hello');
    expect(JSON.parse((await get(url, host)).body).version).toBe('v2');
  }, 120_000);

  test('errors at 50 % are rolled back by the statistics, and the route is as before', async () => {
    const before = await routeNow();
    const users = userTraffic(url, host, 20);
    const { code, log, outputs } = await begin({ image: images['errors']!, steps: '50,100' }).done;
    await users.stop();
    expect(log).toContain('[CANARY_WORSE]');
    expect([code, outputs['state'], outputs['previous']]).toEqual([1, 'rolled-back', images['v2']]);
    expect(await routeNow()).toEqual(before);
    const after = await Promise.all(Array.from({ length: 40 }, () => get(url, host)));
    expect(new Set(after.map(({ status }) => status))).toEqual(new Set([200]));
    expect(await left()).toBe('deployment.apps/hello\nservice/hello');
  }, 90_000);

  test.each([
    { inputs: { route: 'absent' }, code: 'ROUTE_MISSING' },
    { inputs: { router: 'service', route: 'hello' }, code: 'INPUT_INVALID' },
  ])(
    '$inputs: $code before anything is written',
    async ({ inputs, code: expected }) => {
      const { code, log } = await begin({ image: images['errors']!, ...inputs }).done;
      expect(log).toContain(`[${expected}]`);
      expect(code).toBe(1);
      expect(await left()).toBe('deployment.apps/hello\nservice/hello');
    },
    30_000,
  );

  test('a route that somebody else edits is not overwritten, and says so', async () => {
    const running = begin({ image: images['v1']!, steps: '50,100', 'step-duration': '4s' });
    await running.says('50 %: watching');
    const foreign = [
      { name: 'hello', port: 80, weight: 7 },
      { name: 'other', port: 80, weight: 3 },
    ];
    await kubectl([
      'patch',
      'httproute',
      'hello',
      '--type=json',
      '-p',
      JSON.stringify([{ op: 'replace', path: '/spec/rules/0/backendRefs', value: foreign }]),
    ]);
    const { code, log } = await running.done;
    expect(log).toContain('[ROUTE_EDITED]');
    expect(code).toBe(1);
    expect((await routeNow()).rules[0].backendRefs.map((ref: { name: string }) => ref.name)).toEqual([
      'hello',
      'other',
    ]);
    // put right by hand, as the error says; then abort ends it
    await kubectl([
      'patch',
      'httproute',
      'hello',
      '--type=json',
      '-p',
      JSON.stringify([
        {
          op: 'replace',
          path: '/spec/rules/0/backendRefs',
          value: [{ group: '', kind: 'Service', name: 'hello', port: 80, weight: 100 }],
        },
      ]),
    ]);
    const aborted = await begin({ mode: 'abort' }).done;
    expect([aborted.code, aborted.outputs['state']]).toEqual([0, 'rolled-back']);
    expect(await left()).toBe('deployment.apps/hello\nservice/hello');
  }, 120_000);
});
