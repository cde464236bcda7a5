import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { apiProxy } from './api-proxy.ts';
import { pushExample } from './canary-lab.ts';
import { type Done, start } from './deploy-k8s-canary.ts';
import { eventually } from './eventually.ts';
import { describeWith, labModule } from './lab.ts';
import { helloManifest, helloService, oneKubeconfig, outsideView, startBoth } from './two-clusters.ts';
import { verify } from './verify-health.ts';

const nodePort = 30241;

await describeWith(['cluster', 'cluster2', 'registry', 'go'], 'deploy-k8s-canary in several clusters', lab => {
  const eu = outsideView(lab.cluster, 'slipway-eu');
  const us = outsideView(lab.cluster2, 'slipway-us');
  /** Of examples/clusters. */
  const shops = [outsideView(lab.cluster, 'shop'), outsideView(lab.cluster2, 'shop')];
  const kubeconfigs = `${lab.cluster.kubeconfig}:${lab.cluster2.kubeconfig}`;
  const files = {
    'eu.yaml': helloManifest(1),
    'eu-service.yaml': helloService(nodePort),
    'us.yaml': helloManifest(2),
    'dead.json': JSON.stringify({
      contexts: [{ name: 'dead', context: { cluster: 'dead' } }],
      clusters: [{ name: 'dead', cluster: { server: `https://${lab.registry.host}` } }],
    }),
  };
  /** The same release from a registry that has not got it. */
  const missing = (image: string) => ({ us: { image: image.replace('/hello@', '/absent@') } });
  const silentUs = { us: { kubeconfig: { file: 'dead.json' }, context: 'dead' } };
  let images: Record<'v1' | 'v2' | 'v3', string>;

  const act = (inputs: Record<string, string>, own: { eu?: object; us?: object } = {}): Promise<Done> =>
    startBoth(lab, own, inputs, files).done;
  const imagesNow = async () => [await eu.imageNow(), await us.imageNow()];
  const states = ({ outputs }: Done) => {
    const { eu: one, us: other } = JSON.parse(outputs['clusters']!);
    return [one.state, other.state];
  };

  beforeAll(async () => {
    [images] = await Promise.all([
      pushExample(lab, { v1: ['v1'], v2: ['v2'], v3: ['v3'] }),
      ...[eu, us, ...shops].map(one => one.fresh()),
    ]);
  }, 180_000);

  afterAll(async () => {
    await eu.kubectl(['delete', 'namespace', 'slipway-eu', 'shop', '--wait=false']);
    await (await labModule('cluster2')).down();
  }, 180_000);

  test.each([
    { why: 'an unknown context', us: { context: 'nowhere' }, code: 'CONTEXT_UNKNOWN', says: 'us: ' },
    { why: 'the same server', us: { context: 'slipway-lab' }, code: 'CLUSTER_TWICE', says: 'the API server of both' },
    { why: 'an unknown input', us: { stepz: '0,100' }, code: 'INPUT_INVALID', says: 'clusters.us.stepz' },
    { why: 'a bad value', us: { steps: '50,40' }, code: 'INPUT_INVALID', says: 'clusters.us.steps' },
    { why: 'a wave in one only', us: { wave: 2 }, code: 'INPUT_INVALID', says: 'eu: no wave' },
    { why: 'a missing file', us: { manifests: ['no.yaml'] }, code: 'MANIFEST_INVALID', says: 'us: ' },
    { why: 'a missing namespace', us: { namespace: 'none' }, code: 'NAMESPACE_MISSING', says: 'us: ' },
  ])(
    '$why in the second cluster is refused before anything is written to the first',
    async ({ us: own, code: expected, says }) => {
      const { code, log, record } = await act({ image: images.v1 }, { us: own });
      expect(log).toContain(`[${expected}]`);
      expect(log).toContain(says);
      expect(log).toContain('Nothing was changed');
      expect([code, record]).toEqual([1, undefined]);
      expect([await eu.everything(), await us.everything()]).toEqual(['', '']);
    },
    30_000,
  );

  test('a name that is written twice, a second address of one cluster, and a server that does not answer', async () => {
    const twice = await act({ image: images.v1, clusters: 'eu: {}\nus: {}\neu: {}\n' });
    expect([twice.code, twice.log.includes('[INPUT_INVALID]')]).toEqual([1, true]);
    const proxy = await apiProxy(lab.cluster.kubeconfig);
    try {
      const other = { kubeconfig: { file: proxy.kubeconfig }, context: 'proxy' };
      const same = await act({ image: images.v1 }, { us: other });
      expect(same.log).toContain('[CLUSTER_TWICE]');
      expect(same.log).toContain('the namespace kube-system of both has the uid');
    } finally {
      await proxy.close();
    }
    const silent = await act({ image: images.v1 }, silentUs);
    expect(silent.log).toContain('[KUBE_UNREACHABLE]');
    expect(silent.log).toContain('us: ');
    expect([silent.code, await eu.everything(), await us.everything()]).toEqual([1, '', '']);
  }, 180_000);

  test('the second begins when the first is verified; each has its own settings; one summary, one record', async () => {
    const plan = await act({ mode: 'plan', image: images.v1 });
    expect(plan.log).toMatch(/Wave 1, eu[\s\S]*first deploy[\s\S]*Wave 2, us[\s\S]*first deploy/);
    expect(await eu.everything()).toBe('');
    const done = await act({ image: images.v1 });
    expect(done.code).toBe(0);
    expect(done.outputs).toMatchObject({ state: 'healthy', changed: 'true' });
    expect(JSON.parse(done.outputs['clusters']!)).toMatchObject({
      eu: { place: 'slipway-lab/slipway-eu', wave: 1, state: 'healthy', image: images.v1 },
      us: { place: 'slipway-lab2/slipway-us', wave: 2, state: 'healthy', image: images.v1 },
    });
    expect(done.record!.deployments.map(({ place, state }) => [place, state])).toEqual([
      ['slipway-lab/slipway-eu', 'healthy'],
      ['slipway-lab2/slipway-us', 'healthy'],
    ]);
    const [first, second] = done.record!.deployments;
    expect(Date.parse(second!.started)).toBeGreaterThanOrEqual(Date.parse(first!.ended!));
    expect(done.log).toMatch(/^eu \| .*first deploy|^eu \| rolling/m);
    expect(done.summary).toMatch(/\| eu \| 1 \| `slipway-lab\/slipway-eu` \| healthy \|/);
    expect(done.summary).toMatch(/\| us \| 2 \| `slipway-lab2\/slipway-us` \| healthy \|/);
    expect(await us.kubectl(['get', 'deployment', 'hello', '-o', 'jsonpath={.spec.replicas}'])).toBe('2');
    const again = await act({ image: images.v1 });
    expect([again.code, again.outputs['state'], again.outputs['changed']]).toEqual([0, 'unchanged', 'false']);
    const verified = await verify({ identity: 'proven' }, done.record, { env: { KUBECONFIG: kubeconfigs } });
    expect([verified.code, verified.outputs['verdict']]).toEqual([0, 'verified']);
  }, 180_000);

  test('hold: the cluster that failed has the old release, the one before keeps the new one, and it is said', async () => {
    const done = await act({ image: images.v2 }, missing(images.v2));
    expect([done.code, done.outputs['state'], ...states(done)]).toEqual([1, 'rolled-back', 'healthy', 'rolled-back']);
    expect(done.log).toContain('[IMAGE_PULL]');
    expect(done.log).toMatch(/Now: eu healthy, serves hello@sha256:\w+; us rolled-back, serves hello@sha256:\w+/);
    expect(await imagesNow()).toEqual([images.v2, images.v1]);
  }, 180_000);

  test('a failure in the first wave: the second is not begun, and not taken back either', async () => {
    const before = await eu.generation();
    const waves = { eu: { wave: 2 }, us: { wave: 1, ...missing(images.v3).us } };
    const done = await act({ image: images.v3, 'on-wave-failure': 'rollback-all' }, waves);
    expect([done.code, ...states(done)]).toEqual([1, 'not-begun', 'rolled-back']);
    expect(done.log).toContain('[IMAGE_PULL]');
    expect(done.record!.deployments.map(({ state }) => state)).toEqual(['rolled-back', 'not-begun']);
    const back = await act({ mode: 'rollback' });
    expect([back.code, ...states(back)]).toEqual([0, 'unchanged', 'unchanged']);
    expect(back.log).toContain('eu: left alone');
    expect(await eu.generation()).toBe(before);
    expect(await imagesNow()).toEqual([images.v2, images.v1]);
  }, 180_000);

  test('the same again goes on where it ended: what is done is found, the other is brought there', async () => {
    const before = await eu.generation();
    const done = await act({ image: images.v2 });
    expect([done.code, ...states(done)]).toEqual([0, 'unchanged', 'healthy']);
    expect(await eu.generation()).toBe(before);
    expect(await imagesNow()).toEqual([images.v2, images.v2]);
  }, 180_000);

  test('rollback-all: the first goes back to what it had, proven', async () => {
    const done = await act({ image: images.v3, 'on-wave-failure': 'rollback-all' }, missing(images.v3));
    expect([done.code, done.outputs['state'], ...states(done)]).toEqual([
      1,
      'rolled-back',
      'rolled-back',
      'rolled-back',
    ]);
    expect(await imagesNow()).toEqual([images.v2, images.v2]);
    const [first] = done.record!.deployments;
    expect(first).toMatchObject({ state: 'rolled-back', evidence: { cluster: 'eu', identity: 'proven' } });
    expect(first!.evidence['pods']).toMatchObject([{ image: images.v2 }]);
  }, 180_000);

  test('the runner dies in wave 2: the next run goes on there, and what it finds done still goes back with the rest', async () => {
    const dying = startBoth(lab, missing(images.v3), { image: images.v3 }, files);
    await eventually(async () => expect(await us.imageNow()).toContain('/absent@'));
    dying.signal('SIGKILL');
    expect((await dying.done).code).not.toBe(0);
    expect(await imagesNow()).toEqual([images.v3, missing(images.v3).us.image]);
    const seen = await act({ mode: 'status' });
    expect(states(seen)).toEqual(['healthy', 'progressing']);
    const done = await act({ image: images.v3, 'on-wave-failure': 'rollback-all' }, missing(images.v3));
    expect(done.log).toMatch(/us \| Going on with the rollout/);
    expect([done.code, ...states(done)]).toEqual([1, 'rolled-back', 'rolled-back']);
    expect(await imagesNow()).toEqual([images.v2, images.v2]);
  }, 180_000);

  test('in one wave both at once; rollback over all, as each was', async () => {
    const wave = { eu: { wave: 1 }, us: { wave: 1 } };
    const done = await act({ image: images.v3 }, wave);
    expect([done.code, ...states(done)]).toEqual([0, 'healthy', 'healthy']);
    const [first, second] = done.record!.deployments;
    expect(Date.parse(second!.started)).toBeLessThan(Date.parse(first!.ended!));
    const back = await act({ mode: 'rollback' }, wave);
    expect([back.code, ...states(back)]).toEqual([0, 'rolled-back', 'rolled-back']);
    expect(await imagesNow()).toEqual([images.v2, images.v2]);
    const seen = await act({ mode: 'status' }, silentUs);
    expect([seen.code, seen.outputs['state'], ...states(seen)]).toEqual([
      1,
      'unreachable',
      'rolled-back',
      'unreachable',
    ]);
  }, 180_000);

  test('paused in the first wave, resumed as a whole: the first goes on, the second is begun', async () => {
    const canary = {
      eu: { strategy: 'canary', probes: `http://${lab.cluster.nodeAddress}:${nodePort}/ 200`, steps: [0, 100] },
    };
    const judged = { image: images.v1, tolerance: '0.1', 'probe-rate': '100' };
    const held = startBoth(lab, canary, { ...judged, 'step-duration': '2m' }, files);
    await held.says('eu | 0 %: watching');
    const pause = await act({ mode: 'pause' }, canary);
    expect([pause.code, ...states(pause)]).toEqual([0, 'paused', 'unchanged']);
    const paused = await held.done;
    expect([paused.code, paused.outputs['state'], ...states(paused)]).toEqual([0, 'paused', 'paused', 'not-begun']);
    const done = await act({ mode: 'resume', ...judged, 'step-duration': '2s' }, canary);
    expect([done.code, ...states(done)]).toEqual([0, 'healthy', 'healthy']);
    expect(await imagesNow()).toEqual([images.v1, images.v1]);
  }, 180_000);

  test('examples/clusters: its services go to both clusters, as its slipway.yml says', async () => {
    const services = ['web', 'api'];
    const folder = await mkdtemp(join(tmpdir(), 'slipway-clusters-'));
    try {
      const kubeconfig = join(folder, 'kubeconfig');
      await writeFile(kubeconfig, await oneKubeconfig({ eu: lab.cluster, us: lab.cluster2 }));
      const done = await Promise.all(
        services.map(async service => {
          const own = join(folder, service);
          await cp(new URL('../../examples/clusters', import.meta.url), own, { recursive: true });
          const inputs = { 'working-directory': own, config: `slipway.yml#${service}`, image: images.v1 };
          return start(kubeconfig, inputs, {}, undefined, { EU_PROBES: '', US_PROBES: '' }).done;
        }),
      );

      for (const [index, service] of services.entries()) {
        expect([done[index]!.code, ...states(done[index]!)]).toEqual([0, 'healthy', 'healthy']);
        expect(done[index]!.record!.deployments.map(one => [one.place, one.service])).toEqual([
          ['eu/shop', `Deployment/${service}`],
          ['us/shop', `Deployment/${service}`],
        ]);
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }, 180_000);
});
