import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ownNamespace } from '../integration/canary-lab.ts';
import { type Done, exampleManifests, type Running, start, userTraffic } from '../integration/deploy-k8s-canary.ts';
import { describeWith, labModule } from '../integration/lab.ts';
import { pushRegional } from '../integration/regional.ts';

const namespace = 'slipway-test-metrics';
const nodePort = 30341;
const prometheusPort = 9441;

await describeWith(['cluster', 'registry', 'go'], 'deploy-k8s-canary decides by metrics of a real Prometheus', lab => {
  const { kubectl, fresh, end } = ownNamespace(lab, namespace);
  let manifests: Record<string, string>;
  let images: Record<string, string> = {};
  let url = '';
  let prometheus: { up(options: object): Promise<{ url: string }>; down(options: object): Promise<void> };

  const begin = (inputs: Record<string, string>): Running =>
    start(
      lab.cluster.kubeconfig,
      {
        namespace,
        manifests: '*.yaml',
        workload: 'deployment/hello',
        steps: '50,100',
        'step-duration': '6s',
        'prometheus-url': url,
        tolerance: '0.05',
        timeout: '3m',
        ...inputs,
      },
      manifests,
    );
  const ok = ({ code, log }: Done) => expect([code, code === 0 ? '' : log]).toEqual([0, '']);

  beforeAll(async () => {
    prometheus = (await labModule('prometheus')) as typeof prometheus;
    images = await pushRegional(lab, {
      old: ['ERRORS=eu=0.002,us=0.002'],
      good: ['ERRORS=eu=0.002,us=0.002', 'AGAIN=1'],
      'bad-region': ['ERRORS=eu=0.4'],
      slow: ['LATENCY=150ms'],
    });
    const { deployment, service } = await exampleManifests(nodePort, 'unused.test');
    manifests = { 'deployment.yaml': deployment, 'service.yaml': service };
    await fresh();
    ({ url } = await prometheus.up({ port: prometheusPort, namespace }));
    ok(await begin({ image: images['old']!, strategy: 'rolling', metrics: 'errors' }).done);
    const address = `http://${lab.cluster.nodeAddress}:${nodePort}/`;
    for (const region of ['eu', 'us']) userTraffic(`${address}?region=${region}`, undefined, 14);
  }, 180_000);

  afterAll(async () => {
    await prometheus.down({ port: prometheusPort });
    await end();
  });

  test('a bad region is found by group-by, and rolled back', async () => {
    const { code, log, deployment, summary } = await begin({
      image: images['bad-region']!,
      metrics: 'errors',
      'group-by': 'region',
    }).done;
    expect([code, deployment?.state]).toEqual([1, 'rolled-back']);
    expect(log).toMatch(/errors in region=eu: canary \d+ of \d+, old release \d+ of \d+ failed: E\(worse\)/);
    expect(deployment?.evidence.metrics).toContainEqual(
      expect.objectContaining({ metric: 'errors', group: 'region=eu', harm: expect.any(Number) }),
    );
    expect(summary).toMatch(/\| errors \| region=eu \| .* \| worse \|/);
    expect(summary).toMatch(/\| errors \| region=us \| .* \| open; \d+ more .*\|/);
  }, 120_000);

  test('a release that is slower than the old one’s P95 is rolled back; Prometheus is asked through the API server', async () => {
    await kubectl(['apply', '-f', '-'], JSON.stringify(prometheusInCluster(images['old']!)));
    await kubectl(['wait', '--for=condition=Ready', 'pod/prometheus', '--timeout=60s']);
    const { code, log, deployment, summary } = await begin({
      image: images['slow']!,
      'prometheus-url': `service:${namespace}/prometheus:web`,
      metrics: '- latency',
    }).done;
    expect([code, deployment?.state]).toEqual([1, 'rolled-back']);
    expect(log).toMatch(/latency P9[59]: canary \d+ of \d+, old release \d+ of \d+ bad: E\(worse\)/);
    expect(summary).toMatch(/\| latency P95 \| – \| (\d+) \/ \1 \|/);
  }, 120_000);

  test('Prometheus dies in the middle: no evidence, nothing goes on, and the canary is held', async () => {
    const running = begin({ image: images['good']!, steps: '20,50,100', metrics: 'errors', 'on-inconclusive': 'hold' });
    await running.says('watching');
    await prometheus.down({ port: prometheusPort, signal: 'SIGKILL' });
    const { code, log, outputs, summary } = await running.done;
    expect([code, outputs['state']]).toEqual([1, 'inconclusive']);
    expect(log).toMatch(/Prometheus \(.*\): .*Until it answers, there is no evidence of users, for nor against/);
    expect(log).not.toContain('50 %: traffic');
    expect(summary).toMatch(/Inconclusive: Prometheus .*; on-inconclusive: hold/);
    const refused = await begin({ image: images['good']!, metrics: 'errors' }).done;
    expect(refused.log).toContain('[PROMETHEUS_UNREACHABLE]');
    ok(await begin({ mode: 'abort' }).done);
    await prometheus.up({ port: prometheusPort, namespace });
  }, 120_000);

  test('a good release is promoted by metrics alone: errors, latency, and what is better the higher', async () => {
    const answered = {
      name: 'answered',
      numerator: 'http_requests_total{code="200"}',
      denominator: 'http_requests_total',
      better: 'higher',
    };
    const metrics = `- errors\n- ${JSON.stringify(answered)}\n- {name: slow, histogram: http_request_duration_seconds, threshold: 1s}`;
    const inputs = { image: images['good']!, metrics, 'group-by': 'region' };
    const planned = await begin({ ...inputs, mode: 'plan' }).done;
    expect(planned.log).toMatch(
      /budget .*"answered" needs \d+ requests .* come \d+ of users \([1-9][\d.]*\/s\), all divided by the dispersion of 5/,
    );
    const { code, log, outputs, summary } = await begin(inputs).done;
    expect([code, code === 0 ? '' : log]).toEqual([0, '']);
    expect(outputs['state']).toBe('healthy');
    for (const name of ['errors', 'answered', 'slow'])
      expect(summary).toMatch(new RegExp(`\\| ${name} \\| region=eu \\| \\d+ / [1-9]\\d* \\| .* \\| good \\|`));
  }, 180_000);

  test('what no series answers is said before the start, with the labels that there are', async () => {
    const plan = (inputs: Record<string, string>) => begin({ image: images['slow']!, mode: 'plan', ...inputs }).done;
    const [mislabelled, missing, blind] = await Promise.all([
      plan({ metrics: 'errors', 'pod-labels': 'ns,kubernetes_pod' }),
      plan({ metrics: '- {name: sold, numerator: sold_total, denominator: asked_total, better: higher}' }),
      plan({ metrics: '- {name: slow, histogram: http_request_duration_seconds, threshold: 300ms}' }),
    ]);
    expect(mislabelled.log).toMatch(/no label "ns" and "kubernetes_pod", but .*pod.*: set pod-labels/);
    expect(missing.log).toContain('Prometheus has no such series at all');
    expect(blind.log).toMatch(/0\.3s is no bound .* there are 0\.001s, 0\.005s/);
    expect([blind.code, blind.log.includes('[METRIC_BLIND]')]).toEqual([1, true]);
  }, 60_000);
});

/** The real Prometheus listens at the node's address, which a pod in the node's network has as its own: a Service leads there. */
function prometheusInCluster(image: string) {
  const labels = { app: 'prometheus' };
  const env = [{ name: 'LISTEN', value: `:${prometheusPort + 1}` }];
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'prometheus', labels },
    spec: { hostNetwork: true, terminationGracePeriodSeconds: 0, containers: [{ name: 'stand-in', image, env }] },
  };
  const ports = [{ name: 'web', port: 80, targetPort: prometheusPort }];
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'prometheus' },
    spec: { selector: labels, ports },
  };
  return { apiVersion: 'v1', kind: 'List', items: [pod, service] };
}
