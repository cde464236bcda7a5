import { expect, test } from '@jest/globals';
import { Rounds } from '../../../src/deploy-k8s-canary/metrics/rounds.ts';

const counts = (requests: number, errors = 0) => new Map([['', { requests, errors }]]);
const pods = { canary: ['c'], baseline: ['a', 'b'] };

test('a tick is whole when every pod was heard', () => {
  const rounds = new Rounds();
  rounds.add('canary', 'c', counts(5, 1), 0);
  rounds.add('baseline', 'a', counts(10), 1000);
  expect(rounds.take(pods, 1000)).toBeUndefined();
  rounds.add('canary', 'c', counts(6), 9000);
  rounds.add('baseline', 'b', counts(20, 2), 9000);
  expect([...rounds.take(pods, 9000)!]).toEqual([
    ['', { canary: { requests: 11, errors: 1 }, baseline: { requests: 30, errors: 2 } }],
  ]);
  expect(rounds.take(pods, 9000)).toBeUndefined();
});

test('a pod that says nothing is not waited for without end, but a side that does is', () => {
  const rounds = new Rounds();
  rounds.add('canary', 'c', counts(5), 0);
  expect(rounds.take(pods, 60_000)).toBeUndefined();
  rounds.add('baseline', 'a', counts(10), 60_000);
  expect(rounds.take(pods, 60_000)?.get('')).toEqual({
    canary: { requests: 5, errors: 0 },
    baseline: { requests: 10, errors: 0 },
  });
});

test('where there is no baseline any more, the new pods are enough', () => {
  const rounds = new Rounds();
  rounds.add('canary', 'c', counts(5), 0);
  expect(rounds.take({ canary: ['c'], baseline: [] }, 0)?.get('')?.canary.requests).toBe(5);
});
