import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { pushExample } from '../integration/canary-lab.ts';
import type { Done } from '../integration/deploy-k8s-canary.ts';
import { describeWith, labModule } from '../integration/lab.ts';
import { helloManifest, helloService, outsideView, startBoth } from '../integration/two-clusters.ts';

const nodePort = 30243;

await describeWith(['cluster', 'cluster2', 'registry', 'go'], 'deploy-k8s-canary: several clusters, steered', lab => {
  const eu = outsideView(lab.cluster, 'slipway-eu');
  const us = outsideView(lab.cluster2, 'slipway-us');
  const files = {
    'eu.yaml': helloManifest(1),
    'us.yaml': helloManifest(1),
    'eu-service.yaml': helloService(nodePort),
  };
  const canary = (address: string) => ({
    strategy: 'canary',
    steps: [50, 100],
    probes: `http://${address}:${nodePort}/ 200`,
    manifests: [address === lab.cluster.nodeAddress ? 'eu.yaml' : 'us.yaml', 'eu-service.yaml'],
  });
  const both = { eu: canary(lab.cluster.nodeAddress), us: canary(lab.cluster2.nodeAddress) };
  const rolling = { us: { manifests: both.us.manifests } };
  const judged = { tolerance: '0.1', 'probe-rate': '50', 'step-duration': '2s' };
  let images: Record<'v1' | 'v2' | 'v3' | 'errors', string>;

  const begin = (inputs: Record<string, string>, own: { eu?: object; us?: object } = both) =>
    startBoth(lab, own, { ...judged, ...inputs }, files);
  const act = (inputs: Record<string, string>, own?: { eu?: object; us?: object }) => begin(inputs, own).done;
  const imagesNow = async () => [await eu.imageNow(), await us.imageNow()];
  const rows = ({ outputs }: Done) => {
    const { eu: one, us: other } = JSON.parse(outputs['clusters']!);
    return [one, other];
  };
  const states = (done: Done) => rows(done).map(({ state }) => state);
  /** What the summary says that each serves. */
  const served = ({ summary }: Done) =>
    ['eu', 'us'].map(name => new RegExp(`^\\| ${name} \\|.*`, 'm').exec(summary)?.[0].split('|')[5]?.trim());
  const short = (image: string) => `hello@${image.split('@')[1]!.slice(0, 19)}`;
  /** Rolled out in both, without steps. */
  const everywhere = async (image: string) => {
    const done = await act({ image }, rolling);
    expect([done.code, done.outputs['state'], done.code === 0 ? '' : done.log]).toEqual([0, 'healthy', '']);
  };
  /** The release is in the first cluster, and at 50 % in the second, where its runner has died. */
  const dieInSecond = async (image: string, more = {}) => {
    const dying = begin({ image, 'step-duration': '60s', ...more }, { us: both.us });
    await dying.says('us | 50 %: watching');
    dying.signal('SIGKILL');
    await dying.done;
    // as after the time for which a run that is dead still has it
    await us.kubectl(['delete', 'lease', 'slipway-hello']);
  };

  beforeAll(async () => {
    [images] = await Promise.all([
      pushExample(lab, { v1: ['v1'], v2: ['v2'], v3: ['v3'], errors: ['v4', 'HELLO_ERROR_RATE=0.5'] }),
      ...[eu, us].map(one => one.fresh()),
    ]);
    await everywhere(images.v1);
  }, 180_000);

  afterAll(async () => {
    await eu.kubectl(['delete', 'namespace', 'slipway-eu', '--wait=false']);
    await (await labModule('cluster2')).down();
  }, 180_000);

  test('promote: what is paused goes to 100 %; where it was not begun nothing is done, and that is said', async () => {
    const held = begin({ image: images.v2, 'step-duration': '60s' });
    await held.says('eu | 50 %: watching');
    expect(states(await act({ mode: 'pause' }))).toEqual(['paused', 'unchanged']);
    expect(states(await held.done)).toEqual(['paused', 'not-begun']);
    const before = await us.generation();
    const done = await act({ mode: 'promote', 'on-wave-failure': 'rollback-all' });
    expect([done.code, done.outputs['state'], done.outputs['changed']]).toEqual([0, 'not-begun', 'true']);
    expect(rows(done)).toMatchObject([
      { state: 'healthy', image: images.v2, previous: images.v1, changed: true },
      { state: 'not-begun', image: images.v2, previous: images.v1, changed: false },
    ]);
    expect(served(done)).toEqual([short(images.v2), short(images.v1)]);
    expect(done.log).toMatch(/us \| Not begun: .* was never begun here/);
    expect([await imagesNow(), await us.generation()]).toEqual([[images.v2, images.v1], before]);
    expect(done.record!.deployments.map(({ state, image }) => [state, image])).toEqual([
      ['healthy', images.v2],
      ['not-begun', images.v2],
    ]);

    const again = await act({ mode: 'promote' });
    expect([again.code, again.outputs['changed'], ...states(again)]).toEqual([0, 'false', 'healthy', 'not-begun']);
    const rest = await act({ image: images.v2 }, rolling);
    expect([rest.code, ...states(rest)]).toEqual([0, 'unchanged', 'healthy']);
  }, 180_000);

  test('promote fails in the second: hold says what each has; rollback-all takes back what the dead run had done', async () => {
    const mine = { tolerance: '0.01', 'probe-rate': '1' };
    const promote = (more: object) =>
      act({ mode: 'promote', 'step-duration': '30s', tolerance: '0.01', 'probe-rate': '50', ...more });
    await dieInSecond(images.errors, mine);
    const held = await promote({});
    expect([held.code, ...states(held)]).toEqual([1, 'healthy', 'rolled-back']);
    expect(held.log).toContain('[USERS_SEE_ERRORS]');
    expect(served(held)).toEqual([short(images.errors), short(images.v2)]);
    expect(await imagesNow()).toEqual([images.errors, images.v2]);

    await everywhere(images.v2);
    await dieInSecond(images.errors, mine);
    const back = await promote({ 'on-wave-failure': 'rollback-all' });
    expect([back.code, back.outputs['state'], ...states(back)]).toEqual([
      1,
      'rolled-back',
      'rolled-back',
      'rolled-back',
    ]);
    expect(served(back)).toEqual([short(images.v2), short(images.v2)]);
    expect(back.record!.deployments[0]!.evidence['notes']).toContainEqual(
      expect.stringContaining(`Went back to ${images.v2}, because us ended rolled-back`),
    );
    expect(await imagesNow()).toEqual([images.v2, images.v2]);
  }, 240_000);

  test('a wave that is not reached is said to be where it is: at its weight, not as before', async () => {
    await dieInSecond(images.v3);
    const absent = { eu: { image: images.v1.replace('/hello@', '/absent@') }, us: both.us };
    const done = await act({ image: images.v1 }, absent);
    expect([done.code, ...states(done)]).toEqual([1, 'rolled-back', 'progressing']);
    expect(rows(done)[1]).toMatchObject({ image: images.v3, previous: images.v2, changed: false });
    expect(served(done)).toEqual([short(images.v3), `${short(images.v2)} and ${short(images.v3)}`]);
    expect(done.log).toMatch(/us \| Left with .* at 50 % \(progressing\): eu is rolled-back/);
    expect(states(await act({ mode: 'abort' }))).toEqual(['unchanged', 'rolled-back']);
    await everywhere(images.v2);
  }, 180_000);

  describe.each(['hold', 'rollback-all'])('abort, on-wave-failure: %s', policy => {
    test('ends what is in mid-step; the cluster that is done keeps the release, and rollback takes it back there', async () => {
      await dieInSecond(images.v3, { 'on-wave-failure': policy });
      const aborted = await act({ mode: 'abort', 'on-wave-failure': policy });
      expect([aborted.code, aborted.outputs['state'], aborted.outputs['changed']]).toEqual([0, 'rolled-back', 'true']);
      expect(rows(aborted)).toMatchObject([
        { state: 'unchanged', image: images.v3, previous: images.v2, changed: false },
        { state: 'rolled-back', image: images.v3, previous: images.v2, changed: true },
      ]);
      expect(served(aborted)).toEqual([short(images.v3), short(images.v2)]);
      expect(await imagesNow()).toEqual([images.v3, images.v2]);
      const [, second] = aborted.record!.deployments;
      expect(second).toMatchObject({ state: 'rolled-back', evidence: { cluster: 'us', identity: 'proven' } });

      const again = await act({ mode: 'abort' });
      expect([again.code, ...states(again)]).toEqual([0, 'unchanged', 'unchanged']);
      expect(served(again)).toEqual([short(images.v3), short(images.v2)]);
      const back = await act({ mode: 'rollback' });
      expect([back.code, ...states(back)]).toEqual([0, 'rolled-back', 'unchanged']);
      expect(served(back)).toEqual([short(images.v2), short(images.v2)]);
      expect(await imagesNow()).toEqual([images.v2, images.v2]);
    }, 180_000);
  });
});
