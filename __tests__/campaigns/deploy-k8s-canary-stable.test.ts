import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ownNamespace, pushExample } from '../integration/canary-lab.ts';
import { exampleManifests, get, start, userTraffic } from '../integration/deploy-k8s-canary.ts';
import { describeWith } from '../integration/lab.ts';

const namespace = 'slipway-test-stable';
const nodePort = 30493;

await describeWith(['cluster', 'registry', 'go'], 'deploy-k8s-canary whose old release is ill', lab => {
  const url = `http://${lab.cluster.nodeAddress}:${nodePort}/`;
  const { kubectl, fresh, end } = ownNamespace(lab, namespace);
  let manifests: Record<string, string>;
  let images: Record<'v1' | 'v2', string>;

  const begin = (inputs: Record<string, string>) =>
    start(
      lab.cluster.kubeconfig,
      { namespace, manifests: '*.yaml', workload: 'hello', probes: `${url} 200`, 'probe-rate': '5', ...inputs },
      manifests,
    );
  const available = () => kubectl(['get', 'deployment', 'hello', '-o', 'jsonpath={.status.availableReplicas}']);
  const until = async (wanted: string) => {
    for (const limit = Date.now() + 60_000; Date.now() < limit; await new Promise(done => setTimeout(done, 300)))
      if ((await available()) === wanted) return;
    throw new Error(`Deployment/hello has ${await available()} pods, not "${wanted}"`);
  };
  const versionNow = async () => JSON.parse((await get(url)).body).version;
  /** An ended pod is out of the status at once, and out of the node's rules for the Service a moment later. */
  const onlyAnswers = async (version: string) => {
    for (let row = 0, limit = Date.now() + 30_000; row < 20; ) {
      row = (await versionNow()) === version ? row + 1 : 0;
      if (Date.now() > limit) throw new Error(`others than ${version} still answer`);
    }
  };

  beforeAll(async () => {
    images = await pushExample(lab, { v1: ['v1'], v2: ['v2'] });
    const { deployment, service } = await exampleManifests(nodePort, 'unused.test');
    manifests = { 'deployment.yaml': deployment, 'service.yaml': service };
    await fresh();
    const { code, log } = await begin({ image: images.v1 }).done;
    expect([code, code === 0 ? '' : log]).toEqual([0, '']);
  }, 180_000);

  afterAll(end);

  test('the rollback takes no traffic from pods that serve to none: it says so, and ends when the old ones are back', async () => {
    const running = begin({ image: images.v2, steps: '50,100', 'step-duration': '2m' });
    await running.says('50 %: watching');
    // the old pods end, and there is no room for others
    await kubectl(['create', 'quota', 'full', '--hard=pods=2']);
    await kubectl(['delete', 'pod', '-l', 'app=hello,slipway/track!=canary', '--wait=false']);
    await until('');
    await onlyAnswers('v2');
    const users = userTraffic(url, undefined, 50);
    running.signal('SIGINT');
    const { code, log, outputs } = await running.done;
    expect(log).toContain('so the traffic was not taken from the canary');
    expect([code, outputs['state']]).toEqual([1, 'failed']);
    expect(await versionNow()).toBe('v2');
    const status = await begin({ mode: 'status' }).done;
    expect([status.code, status.outputs['state']]).toEqual([0, 'progressing']);
    const seen = await users.stop();
    expect([seen.failed, seen.versions.has('v2')]).toEqual([[], true]);

    await kubectl(['delete', 'quota', 'full']);
    await until('2');
    const aborted = await begin({ mode: 'abort' }).done;
    expect([aborted.code, aborted.outputs['state']]).toEqual([0, 'rolled-back']);
    expect(await versionNow()).toBe('v1');
  }, 180_000);
});
