import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { ownNamespace, pushExample } from '../integration/canary-lab.ts';
import { exampleManifests, type Running, start, userTraffic } from '../integration/deploy-k8s-canary.ts';
import { eventually } from '../integration/eventually.ts';
import { describeWith } from '../integration/lab.ts';

const namespace = 'slipway-test-autoscaler';
const nodePort = 30499;

await describeWith(['cluster', 'registry', 'go'], 'deploy-k8s-canary beside an autoscaler', lab => {
  const url = `http://${lab.cluster.nodeAddress}:${nodePort}/`;
  const { kubectl, fresh, end } = ownNamespace(lab, namespace);
  let images: Record<'v1' | 'v2', string>;
  let manifests: Record<string, string>;
  let users: ReturnType<typeof userTraffic> | undefined;

  const begin = (inputs: Record<string, string>): Running =>
    start(
      lab.cluster.kubeconfig,
      {
        namespace,
        manifests: '*.yaml',
        workload: 'hello',
        probes: `${url} 200`,
        'probe-rate': '20',
        tolerance: '0.05',
        ...inputs,
      },
      manifests,
    );
  const replicas = () => kubectl(['get', 'deployment', 'hello', '-o', 'jsonpath={.spec.replicas}']);
  /** Pods that the Service selects. */
  const behind = async () => (await kubectl(['get', 'pods', '-l', 'app=hello', '-o', 'name'])).split('\n').length;
  const atLeast = (minReplicas: number) =>
    kubectl(
      ['apply', '-f', '-'],
      JSON.stringify({
        apiVersion: 'autoscaling/v2',
        kind: 'HorizontalPodAutoscaler',
        metadata: { name: 'hello' },
        spec: {
          minReplicas,
          maxReplicas: 4,
          scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'hello' },
        },
      }),
    );

  beforeAll(async () => {
    images = await pushExample(lab, { v1: ['v1'], v2: ['v2'] });
    const { deployment, service } = await exampleManifests(nodePort, 'unused.test');
    manifests = { 'deployment.yaml': deployment, 'service.yaml': service };
    await fresh();
    const { code, log } = await begin({ image: images.v1, 'step-duration': '1s' }).done;
    expect([code, code === 0 ? '' : log]).toEqual([0, '']);
    await atLeast(2);
  }, 180_000);

  afterEach(async () => void (await users?.stop()));
  afterAll(end);

  test('above 50 % new pods come and no old one goes; it scales in the middle of the step, the share follows, and no request fails', async () => {
    users = userTraffic(url, undefined, 15);
    const running = begin({ image: images.v2, steps: '60,100', 'step-duration': '3m' });
    await running.says('3 of 5 pods, 60.0 %');
    await running.says('60 %: watching');
    expect(await replicas()).toBe('2');
    await atLeast(3);
    await running.says('60 %: the workload was scaled from 2 to 3 pods; the share is made again.');
    const state = () => kubectl(['get', 'configmap', 'slipway-hello', '-o', 'jsonpath={.data.state}']);
    await eventually(async () => expect(await state()).toContain('5 of 8 pods, 62.5 %'));
    expect(await behind()).toBe(8);
    running.signal('SIGINT');
    const { outputs, deployment } = await running.done;
    const seen = await users.stop();
    expect([outputs['state'], deployment!.evidence.steps[0].share]).toEqual(['rolled-back', '5 of 8 pods, 62.5 %']);
    // what the autoscaler made of it stays
    expect([seen.failed, await replicas(), await behind()]).toEqual([[], '3', 3]);
    expect(await kubectl(['get', 'deployments', '-o', 'name'])).toBe('deployment.apps/hello');
  }, 150_000);
});
