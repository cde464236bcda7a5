import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { SlipwayError } from '../../src/core/errors.ts';
import type { KubeObject } from '../../src/core/kubernetes/index.ts';
import { setNotes } from '../../src/deploy-k8s-canary/checks/sets.ts';
import { PodSignals } from '../../src/deploy-k8s-canary/pod-signals.ts';
import { heldStrategy } from '../../src/deploy-k8s-canary/sets/divide.ts';
import { explainFixed } from '../../src/deploy-k8s-canary/sets/fixed-fields.ts';
import { maxUnavailable, nextOnNodes, surgeOfNodes } from '../../src/deploy-k8s-canary/sets/nodes.ts';
import { podsFor, sharesOf } from '../../src/deploy-k8s-canary/sets/shares.ts';
import { autoSteps } from '../../src/deploy-k8s-canary/steps.ts';

const set = (kind: string, spec: object, status: object = {}): KubeObject => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name: 'store' },
  spec,
  status,
});

describe('shares of pods', () => {
  test.each([
    { wanted: 1, steps: [0, 50, 100], expected: [100] },
    { wanted: 2, steps: [0, 50, 100], expected: [50, 100] },
    { wanted: 3, steps: [0, 50, 100], expected: [33, 67, 100] },
    { wanted: 5, steps: [50, 100], expected: [20, 60, 100] },
    { wanted: 10, steps: [5, 25, 50, 100], expected: [10, 30, 50, 100] },
    { wanted: 500, steps: [0, 1, 50, 100], expected: [1, 50, 100] },
    { wanted: 3, steps: autoSteps, expected: [33, 67, 100] },
  ])('$steps of $wanted pods', ({ wanted, steps, expected }) => {
    expect(sharesOf(steps, wanted)).toEqual(expected);
  });

  test('grow strictly to 100, and leave a pod of each release below it', () => {
    const steps = fc
      .uniqueArray(fc.integer({ min: 0, max: 99 }), { minLength: 1 })
      .map(list => [...list.sort((a, b) => a - b), 100]);
    fc.assert(
      fc.property(steps, fc.integer({ min: 2, max: 2000 }), (given, wanted) => {
        const shares = sharesOf(given, wanted);
        expect(shares.at(-1)).toBe(100);
        expect(shares.every((share, index) => share > (shares[index - 1] ?? 0))).toBe(true);
        for (const share of shares.slice(0, -1)) {
          expect(podsFor(share, wanted)).toBeGreaterThanOrEqual(1);
          expect(podsFor(share, wanted)).toBeLessThan(wanted);
        }
      }),
    );
  });

  test('are held by a partition beside the set’s own settings, or by OnDelete', () => {
    const own = set('StatefulSet', { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } } });
    expect(heldStrategy(own, 2, 5)).toEqual({
      type: 'RollingUpdate',
      rollingUpdate: { maxUnavailable: 1, partition: 3 },
    });
    expect(heldStrategy(set('StatefulSet', {}), 9, 5)).toMatchObject({ rollingUpdate: { partition: 0 } });
    expect(heldStrategy(set('DaemonSet', {}), 1, 5)).toEqual({ type: 'OnDelete' });
  });
});

describe('the next nodes of a DaemonSet', () => {
  const pod = (nodeName: string, ready = true, more: object = {}): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `store-${nodeName}`, ...more },
    spec: { nodeName, containers: [] },
    status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
  });
  const next = (fresh: KubeObject[], old: KubeObject[], pods: number, most: number) =>
    nextOnNodes({ fresh, old }, { pods, wanted: fresh.length + old.length }, most).map(one => one['spec'].nodeName);

  test('by name, no more than are missing', () => {
    expect(next([], [pod('c'), pod('a'), pod('b')], 2, 5)).toEqual(['a', 'b']);
    expect(next([pod('a')], [pod('c'), pod('b')], 1, 5)).toEqual([]);
  });

  test('ready ones first, as only they can be compared', () => {
    expect(next([], [pod('a', false), pod('b')], 1, 5)).toEqual(['b']);
  });

  test('no more at once than may be unavailable: what is not ready or going counts', () => {
    expect(next([], [pod('a'), pod('b'), pod('c')], 3, 2)).toEqual(['a', 'b']);
    expect(next([pod('a', false)], [pod('b'), pod('c')], 3, 1)).toEqual([]);
    const going = pod('a', true, { deletionTimestamp: '2026-01-01T00:00:00Z' });
    expect(next([], [going, pod('b')], 2, 1)).toEqual([]);
  });

  test.each([
    [{}, 10, 1, 0],
    [{ maxUnavailable: 3 }, 10, 3, 0],
    [{ maxUnavailable: '25%' }, 10, 3, 0],
    [{ maxUnavailable: 0, maxSurge: '10%' }, 11, 1, 2],
  ])('%j of %i nodes', (rollingUpdate, wanted, most, surge) => {
    const daemons = set('DaemonSet', { updateStrategy: { rollingUpdate } });
    expect([maxUnavailable(daemons, wanted), surgeOfNodes(daemons, wanted)]).toEqual([most, surge]);
  });
});

describe('fields of a StatefulSet that cannot be changed', () => {
  const refused = new SlipwayError('IMMUTABLE_FIELD', 'spec: Forbidden');
  const claim = (storage: string, more: object = {}) => ({
    metadata: { name: 'data' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } }, ...more },
  });
  const live = set('StatefulSet', {
    serviceName: 'store',
    volumeClaimTemplates: [claim('1Gi', { volumeMode: 'Filesystem' })],
  });

  test('are named, with what to do; what the server filled in is no difference', () => {
    const given = set('StatefulSet', { serviceName: 'store', volumeClaimTemplates: [claim('2Gi')] });
    expect(explainFixed(refused, given, live)).toMatchObject({
      code: 'IMMUTABLE_FIELD',
      message: 'StatefulSet/store: volumeClaimTemplates of a StatefulSet cannot be changed',
      hint: expect.stringContaining('kubectl delete statefulset store --cascade=orphan'),
    });
    const same = set('StatefulSet', { serviceName: 'store', volumeClaimTemplates: [claim('1Gi')] });
    expect(explainFixed(refused, same, live)).toBe(refused);
    const more = set('StatefulSet', { volumeClaimTemplates: [claim('1Gi'), claim('1Gi')] });
    expect(explainFixed(refused, more, live)).not.toBe(refused);
  });

  test('any other error stays as it is', () => {
    const other = new SlipwayError('FIELD_INVALID', 'spec');
    expect(explainFixed(other, live, live)).toBe(other);
    expect(explainFixed(refused, set('Deployment', {}), live)).toBe(refused);
  });
});

test('what is to be known before: pods that are not available, an autoscaler, nodes that are chosen otherwise', () => {
  const template = (spec: object) => ({ template: { spec } });
  const live = set('DaemonSet', template({}), { desiredNumberScheduled: 3, numberAvailable: 2 });
  const desired = set('DaemonSet', template({ nodeSelector: { disk: 'ssd' } }));
  expect(setNotes({ live, desired, autoscaler: undefined })).toEqual([
    expect.stringContaining('as soon as it is ready'),
    'only 2 of 3 pods are available now',
    expect.stringContaining('chooses its nodes otherwise'),
  ]);
  const stateful = set('StatefulSet', { replicas: 2 }, { availableReplicas: 2 });
  const autoscaler = { ...set('HorizontalPodAutoscaler', {}), metadata: { name: 'cpu' } };
  expect(setNotes({ live: stateful, desired: stateful, autoscaler })[1]).toContain('HorizontalPodAutoscaler/cpu adds');
});

test('a new pod of an old one’s name is another pod: that it is not ready yet is no lost readiness', () => {
  const pod = (uid: string, ready: boolean): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'store-2', uid },
    spec: { containers: [{ name: 'store', image: 'x' }] },
    status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
  });
  const signals = new PodSignals();
  signals.add([], [pod('old', true)], 0);
  signals.add([pod('new', false)], [], 1000);
  expect(signals.add([pod('new', false)], [], 60_000)).toBeUndefined();
  signals.add([pod('new', true)], [], 61_000);
  signals.add([pod('new', false)], [], 62_000);
  expect(signals.add([pod('new', false)], [], 80_000)).toMatchObject({ code: 'READINESS_LOST' });
});
