import { describe, expect, test } from '@jest/globals';
import { readInputs } from '../../src/core/inputs.ts';
import type { Cluster } from '../../src/core/kubernetes/index.ts';
import { onlyNewest } from '../../src/deploy-k8s-canary/clusters/newest.ts';
import { onlyBegun } from '../../src/deploy-k8s-canary/clusters/only-begun.ts';
import type { Site } from '../../src/deploy-k8s-canary/clusters/sites.ts';
import { targetsOf } from '../../src/deploy-k8s-canary/clusters/targets.ts';
import { refuseTwins } from '../../src/deploy-k8s-canary/clusters/twins.ts';
import { asOneWhole } from '../../src/deploy-k8s-canary/clusters/whole.ts';
import { definition } from '../../src/deploy-k8s-canary/inputs.ts';
import { Journal } from '../../src/deploy-k8s-canary/journal.ts';
import type { RolloutState } from '../../src/deploy-k8s-canary/state.ts';

const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const image = `ghcr.io/acme/hello@${digest('a')}`;

const targets = (clusters: unknown, more: Record<string, string> = {}) => {
  const given = { clusters: JSON.stringify(clusters), workload: 'deployment/hello', image, steps: '0,20,100', ...more };
  const { mode, strategy, ...inputs } = readInputs(definition.inputs, {}, given);
  if (mode === 'scaffold' || strategy === 'auto') throw new Error('asks no cluster');
  return targetsOf({ ...inputs, mode, strategy }, { record: undefined, directory: '/x' });
};

describe('the clusters', () => {
  test('a cluster’s settings go before the inputs; its name is its context; one after the other', async () => {
    const [eu, us] = await targets({ eu: null, us: { context: 'us-1', steps: [50, 100], namespace: 'shop' } });
    expect([eu!.name, eu!.wave, eu!.options.context, eu!.options.steps]).toEqual(['eu', 1, 'eu', [0, 20, 100]]);
    expect([us!.wave, us!.options.context, us!.options.steps, us!.options.namespace]).toEqual([
      2,
      'us-1',
      [50, 100],
      'shop',
    ]);
  });

  test('are not written through git together', async () => {
    await expect(targets({ a: null, b: null }, { mode: 'render', manifests: 'a.yaml' })).rejects.toThrow(
      'mode: render writes for one cluster',
    );
  });

  test('waves as they are written', async () => {
    const all = await targets({ a: { wave: 1 }, b: { wave: 2 }, c: { wave: 2 } });
    expect(all.map(({ wave }) => wave)).toEqual([1, 2, 2]);
  });

  test('a mirror of the registry may differ', async () => {
    const [, us] = await targets({ eu: {}, us: { image: `us.example.com/hello@${digest('a')}` } });
    expect(us!.options.image).toBe(`us.example.com/hello@${digest('a')}`);
  });

  test.each([
    ['a list', ['eu'], {}, 'INPUT_INVALID', 'it is no map'],
    ['a wave in some', { a: { wave: 1 }, b: {} }, {}, 'INPUT_INVALID', 'b: no wave'],
    ['a wave that is none', { a: { wave: 0 } }, {}, 'INPUT_INVALID', 'a.wave is 0'],
    ['a name with a blank', { 'e u': {} }, {}, 'INPUT_INVALID', 'is no name'],
    ['a cluster that is no map', { eu: 'x' }, {}, 'INPUT_INVALID', 'eu is no map'],
    ['what is one for all', { eu: { mode: 'plan' } }, {}, 'INPUT_INVALID', 'unknown key "mode" in clusters.eu.mode'],
    ['a secret in plain text', { eu: { kubeconfig: 'x' } }, {}, 'CONFIG_INVALID', 'clusters.eu.kubeconfig'],
    ['a secret that is not there', { eu: { kubeconfig: { env: 'NO_SUCH' } } }, {}, 'SECRET_MISSING', 'NO_SUCH'],
    ['context beside them', { eu: {} }, { context: 'x' }, 'INPUT_INVALID', 'both "context"'],
    ['another digest', { eu: {}, us: { image: `x.io/h@${digest('b')}` } }, {}, 'CLUSTERS_DIFFER', 'us: '],
    ['what does not go together', { eu: { route: 'x' } }, {}, 'INPUT_INVALID', 'eu: route "x"'],
  ])('%s is refused', async (_, clusters, more, code, says) => {
    const refused = (async () => targets(clusters, more))();
    await expect(refused).rejects.toMatchObject({ code, message: expect.stringContaining(says) });
  });

  test('everything that is wrong is said at once', async () => {
    const refused = targets({ eu: { steps: '5' }, us: { stepz: '1' } });
    await expect(refused).rejects.toMatchObject({
      message: expect.stringMatching(/2 of 2 clusters: .*clusters\.eu\.steps.*clusters\.us\.stepz/),
    });
  });
});

const siteOf = (name: string, state?: Partial<RolloutState>, server = `https://${name}`): Site => ({
  name,
  wave: 1,
  options: { image } as Site['options'],
  cluster: { contextName: name, namespace: 'n', server } as Cluster,
  journal: new Journal(),
  state: state as RolloutState | undefined,
});

test('one server under two names is refused, however its address is written', () => {
  expect(() => refuseTwins([siteOf('a'), siteOf('b')])).not.toThrow();
  expect(() => refuseTwins([siteOf('a', {}, 'https://x:443'), siteOf('b', {}, 'https://X/')])).toThrow(
    'cannot be told apart',
  );
});

describe('the whole', () => {
  const wholeOf = (...sites: Site[]) => asOneWhole(sites)[0]!.options.whole;
  const started = '2026-01-02T00:00:00Z';
  const done = { image, whole: 'w', phase: 'healthy', started } as const;
  const earlier = { image: 'other', whole: 'v', phase: 'healthy', started: '2026-01-01T00:00:00Z' } as const;

  test.each([
    ['halfway', [siteOf('a', done), siteOf('b', { ...done, phase: 'progressing' })], true],
    ['one of them not begun', [siteOf('a', done), siteOf('b', earlier)], true],
    ['at its end', [siteOf('a', done), siteOf('b', done)], false],
    ['of another release', [siteOf('a', { ...done, image: 'other' }), siteOf('b')], false],
  ])('%s: whether it is gone on with', (_, sites, goesOn) => {
    expect(wholeOf(...sites) === 'w').toBe(goesOn);
  });

  test('without an image it is the one that was begun last, whichever cluster is named first', () => {
    const of = (one: Site): Site => ({ ...one, options: {} as Site['options'] });
    const paused = siteOf('a', { ...done, phase: 'paused' });
    expect(wholeOf(...[siteOf('b', earlier), paused].map(of))).toBe('w');
    expect(wholeOf(...[paused, siteOf('b', earlier)].map(of))).toBe('w');
  });
});

test('a rollback is about what was rolled out last: who never got it is left alone', async () => {
  const eu = siteOf('eu', { image, started: '2026-01-02T00:00:00Z' });
  const us = siteOf('us', { image: 'h@sha256:0', started: '2026-01-01T00:00:00Z' });
  const asked: string[] = [];
  const task = onlyNewest([eu, us], async one => {
    asked.push(one.name);
    throw new Error('asked');
  });
  await expect(task(eu)).rejects.toThrow('asked');
  expect((await task(us)).outcome.state).toBe('unchanged');
  expect(asked).toEqual(['eu']);
});

describe('a promotion', () => {
  const image = 'h@sha256:1';
  const site = (name: string, state?: Partial<RolloutState>): Site => ({
    ...siteOf(name, state),
    options: { workload: { kind: 'Deployment', name: 'hello' } } as Site['options'],
  });
  const newest = { image, release: '2', started: '2026-01-02T00:00:00Z', previous: 'h@sha256:0', workload: 'hello' };
  const older = { ...newest, image: 'h@sha256:0', previous: 'h@sha256:9', started: '2026-01-01T00:00:00Z' };
  const paused = site('eu', { ...newest, phase: 'paused' });
  const askedOf = async (other: Site) => {
    const asked: string[] = [];
    const task = onlyBegun([paused, other], async one => {
      asked.push(one.name);
      throw new Error('asked');
    });
    await expect(task(paused)).rejects.toThrow('asked');
    const done = await task(other).catch(() => undefined);
    return { asked, outcome: done?.outcome };
  };

  test.each([
    ['has an earlier release', site('us', { ...older, phase: 'healthy' }), 'h@sha256:0'],
    ['took an earlier release back', site('us', { ...older, phase: 'rolled-back' }), 'h@sha256:9'],
    ['never had any', site('us'), ''],
  ])('begins nothing in a cluster that %s, and says what it serves', async (_, other, serves) => {
    const { asked, outcome } = await askedOf(other);
    expect(asked).toEqual(['eu']);
    expect(outcome).toMatchObject({ state: 'not-begun', image, release: '2', previous: serves, changed: false });
  });

  test.each([
    ['is under way with another', site('us', { ...older, phase: 'progressing' })],
    ['has the release', site('us', { ...newest, image: 'mirror/h@sha256:1', phase: 'healthy' })],
  ])('is about a cluster that %s', async (_, other) => {
    expect((await askedOf(other)).asked).toEqual(['eu', 'us']);
  });
});
