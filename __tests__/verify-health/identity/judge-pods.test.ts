import { describe, expect, test } from '@jest/globals';
import type { PodView } from '../../../src/core/kubernetes/pods.ts';
import { parsePlace, wantedImage } from '../../../src/verify-health/identity/cluster.ts';
import { judgePods, type Sight } from '../../../src/verify-health/identity/judge-pods.ts';
import { digest, inCluster, release } from '../record.ts';

const deployment = inCluster();
const wanted = wantedImage(release(deployment), deployment);

const pod = (name: string, imageID: string, more: Partial<PodView> = {}): PodView => ({
  name,
  ready: true,
  deleting: false,
  containers: [{ name: 'hello', image: deployment.image!, imageID, restarts: 0, ready: true }],
  ...more,
});
const workload = (replicas: number, status: object = {}): Sight['deployment'] => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'hello', generation: 3 },
  spec: { replicas, template: { spec: { containers: [{ name: 'hello', image: deployment.image }] } } },
  status: { observedGeneration: 3, replicas, updatedReplicas: replicas, ...status },
});
const ours = `registry.test/hello@${digest('1')}`;
const foreign = `registry.test/hello@${digest('f')}`;
const judge = (sight: Partial<Sight>) =>
  judgePods({ deployment: workload(1), owned: [pod('a', ours)], beside: [], ...sight }, wanted);

describe('judgePods', () => {
  test.each([
    ['the index', ours],
    ['the platform', `docker-pullable://registry.test/hello@${digest('2')}`],
    ['the configuration', digest('5')],
  ])('as built, by the digest of %s', (_, imageID) => {
    expect(judge({ owned: [pod('a', imageID)] })).toMatchObject({
      state: 'as-built',
      detail: expect.stringContaining('1 of 1 pods'),
    });
  });

  test.each<[string, Partial<Sight>, string, boolean]>([
    ['a ready pod of another image', { owned: [pod('a', foreign)] }, 'other-image', true],
    [
      'another image while the rollout goes on',
      { deployment: workload(1, { updatedReplicas: 0 }), owned: [pod('a', foreign)] },
      'other-image',
      false,
    ],
    [
      'an old pod that is going',
      { owned: [pod('a', ours), pod('b', foreign, { ready: false, deleting: true })] },
      'old-pods-left',
      false,
    ],
    ['too few are ready', { deployment: workload(2) }, 'pods-not-ready', false],
    ['none is ready', { owned: [pod('a', ours, { ready: false })] }, 'pods-not-ready', false],
    [
      'an older generation is what was seen',
      { deployment: workload(1, { observedGeneration: 2 }) },
      'pods-not-ready',
      false,
    ],
    ['scaled to nothing', { deployment: workload(0), owned: [] }, 'no-pods', true],
    ['a forgotten canary behind the same Service', { beside: [pod('hello-canary-x', foreign)] }, 'other-image', true],
  ])('%s', (_, sight, reason, final) => expect(judge(sight)).toMatchObject({ state: 'other', reason, final }));

  test('a neighbour of another repository is none of our business', () => {
    const sidecar = { name: 'db', image: 'registry.test/db:1', imageID: foreign, restarts: 0, ready: true };
    expect(judge({ beside: [pod('db', '', { containers: [sidecar] })] })).toMatchObject({ state: 'as-built' });
  });

  test('a workload that has no container of ours', () => {
    const containers = [
      { name: 'x', image: 'x' },
      { name: 'y', image: 'y' },
    ];
    const other = { ...workload(1), spec: { replicas: 1, template: { spec: { containers } } } };
    expect(judge({ deployment: other })).toMatchObject({ state: 'other', reason: 'other-image', final: true });
  });

  test('restarts and replaced pods change the anchor', () => {
    const restarted = pod('a', ours);
    const anchors = [
      judge({}),
      judge({ owned: [{ ...restarted, containers: [{ ...restarted.containers[0]!, restarts: 1 }] }] }),
      judge({ owned: [pod('b', ours)] }),
    ].map(look => look.anchor);
    expect(new Set(anchors).size).toBe(3);
  });
});

test('every repository of the image is ours', () => {
  expect(wanted.repositories).toEqual(['registry.test/hello', 'mirror.test/hello']);
  expect([...wanted.digests]).toEqual(['1', '2', '3', '4', '5'].map(digest));
});

test.each([
  ['kind/prod', { context: 'kind', namespace: 'prod' }],
  ['arn:aws:eks:eu:1:cluster/c1/prod', { context: 'arn:aws:eks:eu:1:cluster/c1', namespace: 'prod' }],
  ['prod', { context: '', namespace: 'prod' }],
])('the place %s', (place, expected) => expect(parsePlace(place)).toEqual(expected));
