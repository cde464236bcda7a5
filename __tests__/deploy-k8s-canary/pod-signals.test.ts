import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../src/core/kubernetes/index.ts';
import { PodSignals } from '../../src/deploy-k8s-canary/pod-signals.ts';

interface Seen {
  readonly ready?: boolean;
  readonly restarts?: number;
  readonly exitCode?: number;
  readonly deleted?: boolean;
}

const pod = (name: string, { ready = true, restarts = 0, exitCode, deleted }: Seen = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, ...(deleted ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}) },
  spec: { containers: [{ name: 'app', image: 'x' }] },
  status: {
    conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
    containerStatuses: [
      {
        name: 'app',
        ready,
        restartCount: restarts,
        ...(exitCode === undefined ? {} : { lastState: { terminated: { reason: 'Error', exitCode } } }),
      },
    ],
  },
});
const old = [pod('old')];

describe('what befalls pods that served', () => {
  test('one that crashed is a reason to go back, with its exit code', () => {
    const signals = new PodSignals();
    expect(signals.add([pod('new')], old, 0)).toBeUndefined();
    expect(signals.add([pod('new', { ready: false, restarts: 1, exitCode: 2 })], old, 1000)).toMatchObject({
      code: 'RESTARTED',
      detail: expect.stringContaining('exit code 2'),
      container: 'app',
    });
  });

  test('one that ended well and was started again, too', () => {
    const signals = new PodSignals();
    signals.add([pod('new')], old, 0);
    expect(signals.add([pod('new', { restarts: 1 })], old, 1000)?.code).toBe('RESTARTED');
  });

  test('restarts from before it was seen, or before it ever served, are none', () => {
    const signals = new PodSignals();
    signals.add([pod('new', { restarts: 3 }), pod('late', { ready: false })], old, 0);
    const later = [pod('new', { restarts: 3 }), pod('late', { ready: false, restarts: 1, exitCode: 1 })];
    expect(signals.add(later, old, 60_000)).toBeUndefined();
  });

  test('readiness lost for ten seconds is a reason, a flap is none', () => {
    const signals = new PodSignals();
    signals.add([pod('new')], old, 0);
    const away = [pod('new', { ready: false })];
    expect(signals.add(away, old, 1000)).toBeUndefined();
    expect(signals.add(away, old, 9000)).toBeUndefined();
    signals.add([pod('new')], old, 9500);
    expect(signals.add(away, old, 12_000)).toBeUndefined();
    expect(signals.add(away, old, 21_900)).toBeUndefined();
    expect(signals.add(away, old, 22_000)).toMatchObject({ code: 'READINESS_LOST', pod: 'new', final: true });
  });

  test('when the old pods suffer the same, it is not the release', () => {
    const signals = new PodSignals();
    signals.add([pod('new')], old, 0);
    const both = [pod('new', { restarts: 1, exitCode: 137 })];
    expect(signals.add(both, [pod('old', { restarts: 1, exitCode: 137 })], 1000)).toBeUndefined();
  });

  test('a pod that is being deleted has every right not to be ready', () => {
    const signals = new PodSignals();
    signals.add([pod('new')], old, 0);
    const going = [pod('new', { ready: false, deleted: true })];
    expect(signals.add(going, old, 1000)).toBeUndefined();
    expect(signals.add(going, old, 60_000)).toBeUndefined();
  });
});
