import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ownNamespace, pushExample } from './canary-lab.ts';
import { exampleManifests, get, type Running, start, userTraffic } from './deploy-k8s-canary.ts';
import { describeWith } from './lab.ts';

const namespace = 'slipway-test-k8s-routers';
const host = 'routers.slipway.test';
const nodePort = 30187;
const backend = { name: 'hello', port: 80 };

const ingressRoute = (name: string, services: readonly object[], match = `Host(\`${host}\`)`) => ({
  apiVersion: 'traefik.io/v1alpha1',
  kind: 'IngressRoute',
  metadata: { name },
  spec: { entryPoints: ['web'], routes: [{ kind: 'Rule', match, services }] },
});
const traefikService = (weighted: object) => ({
  apiVersion: 'traefik.io/v1alpha1',
  kind: 'TraefikService',
  metadata: { name: 'hello' },
  spec: { weighted },
});
const headers = { response: { set: { a: 'b' } } };
/** With what must outlive a rollout: an absent weight, a subset, fields that the action does not know. */
const virtualService = {
  apiVersion: 'networking.istio.io/v1',
  kind: 'VirtualService',
  metadata: { name: 'hello' },
  spec: {
    hosts: [host],
    http: [
      { match: [{ uri: { prefix: '/old' } }], redirect: { uri: '/' } },
      {
        name: 'main',
        retries: { attempts: 2 },
        route: [{ destination: { host: 'hello', subset: 'stable' }, headers }],
      },
    ],
  },
};

await describeWith(['cluster', 'registry', 'go'], 'deploy-k8s-canary with weights of Traefik and Istio', lab => {
  const url = `http://${lab.cluster.gateway}/`;
  const direct = `http://${lab.cluster.nodeAddress}:${nodePort}`;
  const { kubectl, fresh, end } = ownNamespace(lab, namespace);
  let images: Record<string, string> = {};
  let manifests: Record<string, string>;

  const begin = (inputs: Record<string, string>): Running =>
    start(
      lab.cluster.kubeconfig,
      {
        namespace,
        manifests: '*.yaml',
        workload: 'hello',
        probes: `- url: ${url}\n  headers: {host: ${host}}\n  status: 200`,
        tolerance: '0.05',
        'step-duration': '6s',
        'warm-up': '0s',
        'probe-rate': '40',
        ...inputs,
      },
      manifests,
    );
  const apply = (object: object) =>
    kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], JSON.stringify(object));
  /** The bytes that the API server has. */
  const specOf = (what: string) => kubectl(['get', ...what.split('/'), '-o', 'jsonpath={.spec}']);
  const left = () => kubectl(['get', 'deployments,services', '-o', 'name']);
  const untouched = 'deployment.apps/hello\nservice/hello';

  beforeAll(async () => {
    images = await pushExample(lab, { v1: ['v1'], v2: ['v2'], errors: ['v2', 'HELLO_ERROR_RATE=0.3'] });
    const { deployment, service } = await exampleManifests(nodePort, host);
    manifests = { 'deployment.yaml': deployment, 'service.yaml': service };
    await fresh();
    const first = await begin({ image: images['v1']!, probes: `${direct}/ 200`, 'step-duration': '1s' }).done;
    expect([first.code, first.code === 0 ? '' : first.log]).toEqual([0, '']);
    await apply(ingressRoute('hello', [backend]));
    // Traefik reads it a moment later
    const until = Date.now() + 30_000;
    while ((await get(url, host)).status !== 200 && Date.now() < until) await sleep(100);
  }, 180_000);

  afterAll(end);

  test('an IngressRoute: weights under real requests, the observed split, no failed request, the former spec byte for byte', async () => {
    const before = await specOf('ingressroute/hello');
    const users = userTraffic(url, host, 15);
    const running = begin({ image: images['v2']!, router: 'traefik' });
    await running.says('hello=50 hello-canary=50');
    const during = JSON.parse(await specOf('ingressroute/hello'));
    expect(during.routes[0].services).toEqual([
      { ...backend, weight: 50 },
      { ...backend, name: 'hello-canary', weight: 50 },
    ]);
    const { code, log, outputs, deployment } = await running.done;
    const seen = await users.stop();
    expect([code, code === 0 ? '' : log]).toEqual([0, '']);
    expect([outputs['state'], seen.failed]).toEqual(['healthy', []]);
    expect([...seen.versions.keys()].sort()).toEqual(['v1', 'v2']);
    const [, half, full] = deployment!.evidence.steps;
    expect([half.verdict, full.observed]).toEqual(['passed', 1]);
    expect(Math.abs(half.observed - 0.5)).toBeLessThan(0.25);
    expect(await specOf('ingressroute/hello')).toBe(before);
    expect(await left()).toBe(untouched);
  }, 120_000);

  test('a TraefikService: errors are rolled back, weights that were absent are absent again', async () => {
    await apply(traefikService({ services: [backend] }));
    await apply(ingressRoute('hello', [{ name: 'hello', kind: 'TraefikService' }]));
    const before = await specOf('traefikservice/hello');
    const { code, log, outputs } = await begin({ image: images['errors']!, router: 'traefik', steps: '50,100' }).done;
    expect(log).toContain('[CANARY_WORSE]');
    expect(log).toContain('hello=50 hello-canary=50');
    expect([code, outputs['state']]).toEqual([1, 'rolled-back']);
    expect(await specOf('traefikservice/hello')).toBe(before);
    expect(await left()).toBe(untouched);
  }, 90_000);

  test('a TraefikService that somebody else edits meanwhile is not overwritten', async () => {
    const running = begin({ image: images['v1']!, router: 'traefik', steps: '50,100' });
    await running.says('50 %: watching');
    const foreign = [{ ...backend, weight: 7 }];
    const patch = [{ op: 'replace', path: '/spec/weighted/services', value: foreign }];
    await kubectl(['patch', 'traefikservice', 'hello', '--type=json', '-p', JSON.stringify(patch)]);
    const { code, log } = await running.done;
    expect(log).toContain('[ROUTE_EDITED]');
    expect(code).toBe(1);
    expect(JSON.parse(await specOf('traefikservice/hello')).weighted.services).toEqual(foreign);
    await kubectl([
      'patch',
      'traefikservice',
      'hello',
      '--type=json',
      '-p',
      JSON.stringify([{ ...patch[0], value: [backend] }]),
    ]);
    const aborted = await begin({ mode: 'abort' }).done;
    expect([aborted.code, aborted.outputs['state']]).toEqual([0, 'rolled-back']);
    expect(await left()).toBe(untouched);
  }, 90_000);

  test.each([
    { route: 'absent', code: 'ROUTE_MISSING', says: 'IngressRoute/absent or TraefikService/absent' },
    { route: 'hello', code: 'ROUTE_AMBIGUOUS', says: 'IngressRoute/hello and TraefikService/hello' },
    { route: 'ingressroute/hello', code: 'ROUTE_ELSEWHERE', says: 'Service/hello' },
  ])(
    'traefik, route $route: $code before anything is written',
    async ({ route, code: expected, says }) => {
      const before = await specOf('ingressroute/hello');
      const { code, log } = await begin({ image: images['v1']!, router: 'traefik', route }).done;
      expect(log).toContain(`[${expected}]`);
      expect(log).toContain(says);
      expect(code).toBe(1);
      expect([await left(), await specOf('ingressroute/hello')]).toEqual([untouched, before]);
    },
    30_000,
  );

  test('stickiness is found and said', async () => {
    await apply(traefikService({ services: [backend], sticky: { cookie: { name: 'side' } } }));
    const { code, log } = await begin({ mode: 'plan', image: images['v1']!, router: 'traefik' }).done;
    expect(code).toBe(0);
    expect(log).toContain('sticky of TraefikService/hello keeps users on the side that they came to first');
    expect(log).toContain('hello=50 hello-canary=50');
  }, 30_000);

  test('without the VirtualService’s definition: CRD_MISSING before anything is written', async () => {
    const name = 'virtualservices.networking.istio.io';
    const { metadata, status: _, ...rest } = JSON.parse(await kubectl(['get', 'crd', name, '-o', 'json']));
    await kubectl(['delete', 'crd', name, '--wait=true']);
    try {
      const { code, log } = await begin({ image: images['v1']!, router: 'istio' }).done;
      expect(log).toContain('[CRD_MISSING]');
      expect(log).toContain('has no VirtualService (networking.istio.io/v1)');
      expect([code, await left()]).toEqual([1, untouched]);
    } finally {
      const crd = { ...rest, metadata: { name, labels: metadata.labels, annotations: metadata.annotations } };
      await kubectl(['create', '-f', '-'], JSON.stringify(crd));
      // kubectl fails on conditions that are not there yet
      const established = () => kubectl(['wait', '--for=condition=Established', `crd/${name}`, '--timeout=30s']);
      await established().catch(() => sleep(1000).then(established));
    }
  }, 60_000);

  test('a VirtualService, at the API: percentages, and it is said that no split was observed; the former spec byte for byte', async () => {
    await apply(virtualService);
    const before = await specOf('virtualservice/hello');
    const running = begin({ image: images['v1']!, router: 'istio', probes: `${direct}/healthz 200`, steps: '20,100' });
    await running.says('hello=80 hello-canary=20');
    const during = JSON.parse(await specOf('virtualservice/hello'));
    expect(during.http[1].route).toEqual([
      { destination: { host: 'hello', subset: 'stable' }, headers, weight: 80 },
      { destination: { host: 'hello-canary' }, headers, weight: 20 },
    ]);
    const { code, log, deployment } = await running.done;
    expect([code, code === 0 ? '' : log]).toEqual([0, '']);
    expect(deployment!.evidence.steps[0].verdict).toBe('passed; split not observed');
    expect(await specOf('virtualservice/hello')).toBe(before);
    expect(await left()).toBe(untouched);
  }, 120_000);

  test('a VirtualService whose weights nothing follows: probes that can tell the releases apart find it, and it is restored', async () => {
    const before = await specOf('virtualservice/hello');
    const { code, log } = await begin({
      image: images['v2']!,
      router: 'istio',
      probes: `${direct}/ 200`,
      steps: '50,100',
      'step-duration': '10s',
    }).done;
    expect(log).toContain('[SPLIT_WRONG]');
    expect(code).toBe(1);
    expect(await specOf('virtualservice/hello')).toBe(before);
    expect(JSON.parse((await get(`${direct}/`)).body).version).toBe('v1');
  }, 90_000);
});
