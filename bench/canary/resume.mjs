import { join } from 'node:path';
import { ownNamespace, pushExample } from '../../__tests__/integration/canary-lab.ts';
import { exampleManifests, start } from '../../__tests__/integration/deploy-k8s-canary.ts';
import { up as clusterUp } from '../../scripts/lab/cluster.mjs';
import { ensureGo } from '../../scripts/lab/go.mjs';
import { up as registryUp } from '../../scripts/lab/registry.mjs';
import { measure, row } from '../lib/measure.mjs';

const namespace = 'slipway-bench-resume';
const host = 'resume.bench.slipway.test';

/**
 * Seconds from a runner's SIGKILL in the middle of a step until another, started at once, watches that step again: its pods seen
 * to be ready, its weight read back. A round in which anybody wrote to the route, or a user's request failed, is an error.
 */
export async function resume({ dist, rounds, progress }) {
  const lab = {
    cluster: await clusterUp({ progress }),
    registry: await registryUp({ progress }),
    go: await ensureGo(),
  };
  const { kubectl, fresh, end } = ownNamespace(lab, namespace);
  const url = `http://${lab.cluster.gateway}/`;
  const images = await pushExample(lab, { v1: ['v1'], v2: ['v2'] });
  const texts = await exampleManifests(30296, host);
  const manifests = Object.fromEntries(Object.entries(texts).map(([name, text]) => [`${name}.yaml`, text]));
  const main = join(dist, 'deploy-k8s-canary/index.js');
  const begin = inputs =>
    start(
      lab.cluster.kubeconfig,
      {
        namespace,
        manifests: '*.yaml',
        workload: 'hello',
        router: 'gateway',
        probes: `- url: ${url}\n  headers: {host: ${host}}\n  status: 200`,
        steps: '50,100',
        'step-duration': '10m',
        timeout: '20m',
        ...inputs,
      },
      manifests,
      main,
    );
  const route = () => kubectl(['get', 'httproute', 'hello', '-o', 'jsonpath={.metadata.generation} {.spec}']);
  const waits = [];

  async function once() {
    const first = begin({ image: images.v2 });
    await first.says('50 %: watching');
    const before = await route();
    const killed = performance.now();
    first.signal('SIGKILL');
    const second = begin({ image: images.v2, mode: 'resume' });
    await second.says('Going on with the rollout');
    const taken = performance.now();
    await second.says('50 %: watching');
    const going = performance.now();
    if ((await route()) !== before) throw new Error(`the route was ${before}, and is ${await route()}`);
    second.signal('SIGINT');
    await Promise.all([first.done, second.done]);
    waits.push((taken - killed) / 1000);
    return (going - killed) / 1000;
  }

  try {
    await fresh();
    const { code, log } = await begin({ image: images.v1, 'step-duration': '1s' }).done;
    if (code !== 0) throw new Error(log);
    const name = 'another run';
    const samples = await measure([{ name, run: once }], rounds, { progress });
    samples['of it, until it has the Lease'] = waits.slice(-rounds);
    const peer = 'of it, until it has the Lease';
    const title = 'SIGKILL in a step until another run watches it, the weight untouched';
    return {
      rows: [row({ name: title, ours: name, peer, unit: 's', goal: { most: 10 } }, samples)],
      samples,
      versions: {},
    };
  } finally {
    await end();
  }
}
