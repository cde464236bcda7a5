import { expect, test } from '@jest/globals';
import { WarmUp } from '../../src/deploy-k8s-canary/warm-up.ts';

test('a pod counts when it has been ready for the warm-up', () => {
  const warmUp = new WarmUp(30_000);
  expect(warmUp.warm(['a'], 0)).toEqual([]);
  expect(warmUp.warm(['a', 'b'], 29_999)).toEqual([]);
  expect(warmUp.warm(['a', 'b'], 30_000)).toEqual(['a']);
  expect(warmUp.warm(['b'], 59_999)).toEqual(['b']);
});
test('pods of the first look were there before; one that a scaling adds is not', () => {
  const warmUp = new WarmUp(30_000, { firstAreWarm: true });
  expect(warmUp.warm([], 0)).toEqual([]);
  expect(warmUp.warm(['old'], 1)).toEqual(['old']);
  expect(warmUp.warm(['old', 'added'], 2)).toEqual(['old']);
});
test('without a warm-up every ready pod counts', () => {
  expect(new WarmUp(0).warm(['a'], 5)).toEqual(['a']);
});
