import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ownNamespace, pushExample } from './canary-lab.ts';
import { exampleManifests, get, type Running, start, userTraffic } from './deploy-k8s-canary.ts';
import { describeWith } from './lab.ts';

const namespace = 'slipway-test-k8s-blue-green';
const nodePort = 30189;
const host = 'blue-green.slipway.test';

await describeWith(['cluster', 'registry', 'go'], 'deploy-k8s-canary, strategy blue-green', lab => {
  const url = `http://${lab.cluster.nodeAddress}:${nodePort}/`;
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
        strategy: 'blue-green',
        probes: `${url} 200`,
        tolerance: '0.05',
        'step-duration': '5s',
        'keep-old': '6s',
        'warm-up': '0s',
        'probe-rate': '40',
        ...inputs,
      },
      manifests,
    );
  const selector = () => kubectl(['get', 'service', 'hello', '-o', 'jsonpath={.spec.selector}']);
  const left = () => kubectl(['get', 'deployments,services', '-o', 'name']);
  const untouched = 'deployment.apps/hello\nservice/hello';
  const version = async () => JSON.parse((await get(url)).body).version as string;
  /** The node's proxy follows the endpoints a moment later. */
  const serves = async (wanted: string) => {
    const until = Date.now() + 15_000;
    while ((await version()) !== wanted && Date.now() < until) await sleep(100);
    expect(await version()).toBe(wanted);
  };

  beforeAll(async () => {
    images = await pushExample(lab, { v1: ['v1'], v2: ['v2'], errors: ['v2', 'HELLO_ERROR_RATE=0.3'] });
    const { deployment, service, gateway, httproute } = await exampleManifests(nodePort, host);
    manifests = { 'deployment.yaml': deployment, 'service.yaml': service };
    await fresh();
    await kubectl(['apply', '-f', '-'], `${gateway}\n---\n${httproute}`);
    const first = await begin({ image: images['v1']!, 'step-duration': '1s' }).done;
    expect([first.code, first.code === 0 ? '' : first.log]).toEqual([0, '']);
  }, 180_000);

  afterAll(end);

  test('preview, switch at once, promote: nobody is on two releases, no request fails, the selector is as before', async () => {
    const before = await selector();
    const users = userTraffic(url, undefined, 10);
    const running = begin({ image: images['v2']! });
    await running.says('0 %: watching');
    const preview = await kubectl(['get', 'service', 'hello-preview', '-o', 'jsonpath={.spec.clusterIP}']);
    expect(preview).toMatch(/^10\./);
    const ready = ['get', 'deployment', 'hello-canary', '-o', 'jsonpath={.status.readyReplicas}'];
    expect(await kubectl(ready)).toBe('2');
    expect([...users.seen.versions.keys()]).toEqual(['v1']);
    await running.says('2 pods, all of the new release');
    await serves('v2');
    const { code, log, outputs, deployment } = await running.done;
    const seen = await users.stop();
    expect([code, code === 0 ? '' : log]).toEqual([0, '']);
    expect([outputs['state'], seen.failed]).toEqual(['healthy', []]);
    expect(deployment!.evidence.steps.map((step: { weight: number }) => step.weight)).toEqual([0, 100]);
    expect([await selector(), await left(), await version()]).toEqual([before, untouched, 'v2']);
  }, 120_000);

  test('errors in the preview never reach a user', async () => {
    const before = await selector();
    const users = userTraffic(url, undefined, 15);
    const { code, log, outputs } = await begin({ image: images['errors']! }).done;
    const seen = await users.stop();
    expect(log).toContain('[CANARY_WORSE]');
    expect([code, outputs['state'], seen.failed]).toEqual([1, 'rolled-back', []]);
    expect([await selector(), await left()]).toEqual([before, untouched]);
  }, 90_000);

  test('a run that dies after the switch: mode rollback switches back to the old pods, which never ended', async () => {
    const before = await selector();
    const pods = () => kubectl(['get', 'pods', '-l', 'app=hello', '-o', 'jsonpath={.items[*].metadata.name}']);
    const old = await pods();
    const users = userTraffic(url, undefined, 15);
    const running = begin({ image: images['v1']!, 'keep-old': '2m' });
    await running.says('100 %: watching');
    await serves('v1');
    running.signal('SIGKILL');
    await running.done;
    const planned = await begin({ mode: 'plan', image: images['errors']! }).done; // finds the Service though it is switched
    expect([planned.code, planned.log.includes('Service/hello')]).toEqual([0, true]);
    await kubectl(['patch', 'lease', 'slipway-hello', '--type=merge', '-p', '{"spec":{"leaseDurationSeconds":1}}']);
    await sleep(1100);
    const rolled = await begin({ mode: 'rollback' }).done;
    const seen = await users.stop();
    expect([rolled.code, rolled.outputs['state']]).toEqual([0, 'rolled-back']);
    expect(seen.failed).toEqual([]);
    expect([await selector(), await left(), await version(), await pods()]).toEqual([before, untouched, 'v2', old]);
  }, 120_000);

  test('a ratio of pods follows when the workload is scaled in the middle of a step; what was added stays, and no request fails', async () => {
    const replicas = () => kubectl(['get', 'deployment', 'hello', '-o', 'jsonpath={.spec.replicas}']);
    // whose replicas somebody else owns has none in the manifest
    manifests['deployment.yaml'] = manifests['deployment.yaml']!.replace('  replicas: 2\n', '');
    const users = userTraffic(url, undefined, 10);
    const running = begin({ strategy: 'canary', steps: '50,100', 'step-duration': '12s', image: images['v1']! });
    await running.says('2 of 4 pods, 50.0 %');
    await running.says('50 %: watching');
    await kubectl(['scale', 'deployment', 'hello', '--replicas', '3']); // as an autoscaler does
    await running.says('50 %: the workload was scaled from 2 to 3 pods; the share is made again.');
    const { code, log, deployment } = await running.done;
    const seen = await users.stop();
    expect([code, code === 0 ? '' : log]).toEqual([0, '']);
    expect(deployment!.evidence.steps[0].share).toBe('3 of 6 pods, 50.0 %');
    expect(seen.failed).toEqual([]);
    expect([await replicas(), await left()]).toEqual(['3', untouched]);
  }, 120_000);

  test('with a Gateway it is one change of the weights; cancelled in keep-old, the traffic goes back', async () => {
    const weights = () => kubectl(['get', 'httproute', 'hello', '-o', 'jsonpath={.spec}']);
    const before = await weights();
    const probes = `- url: http://${lab.cluster.gateway}/\n  headers: {host: ${host}}\n  status: 200`;
    const running = begin({ image: images['v2']!, router: 'gateway', probes, 'keep-old': '2m' });
    await running.says('hello=0 hello-canary=100');
    await running.says('100 %: watching');
    running.signal('SIGINT');
    const { code, outputs } = await running.done;
    expect([code === 0, outputs['state']]).toEqual([false, 'rolled-back']);
    expect(await weights()).toBe(before);
    expect(JSON.parse((await get(`http://${lab.cluster.gateway}/`, host)).body).version).toBe('v1');
  }, 120_000);
});
