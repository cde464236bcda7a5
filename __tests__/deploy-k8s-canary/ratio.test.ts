import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { describeRatio, ratioFor } from '../../src/deploy-k8s-canary/ratio.ts';

describe('pods of each side for a share', () => {
  test.each([
    [0, 3, 3, 0],
    [50, 2, 2, 2],
    [50, 3, 3, 3],
    [20, 10, 10, 3], // 23.1 % is nearer than 16.7 %
    [10, 10, 10, 1], // 1 of 11 is 9.1 %
    [5, 2, 2, 1], // at least one
    [25, 3, 3, 1], // exact
    [75, 3, 1, 3], // the old ones go down, the new ones are as many as the old ones were
    [80, 10, 3, 10],
    [99, 4, 1, 4],
    [100, 4, 0, 4],
  ])('%i %% of %i pods: %i old, %i new', (percent, pods, stable, canary) => {
    expect(ratioFor(percent, pods)).toEqual({ stable, canary });
  });

  test('no other count comes nearer, capacity never falls, and there are at most twice the pods', () => {
    const share = ({ stable, canary }: { stable: number; canary: number }) => canary / (stable + canary);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 99 }), fc.integer({ min: 1, max: 500 }), (percent, pods) => {
        const ratio = ratioFor(percent, pods);
        expect(ratio.stable + ratio.canary).toBeGreaterThanOrEqual(pods);
        expect(ratio.stable + ratio.canary).toBeLessThanOrEqual(2 * pods);
        const off = Math.abs(share(ratio) - percent / 100);
        const [kept, moved] = percent > 50 ? (['canary', 'stable'] as const) : (['stable', 'canary'] as const);
        for (const step of [-1, 1]) {
          const other = { ...ratio, [moved]: ratio[moved] + step };
          if (other[moved] < 1 || other[moved] > pods || ratio[kept] !== pods) continue;
          expect(off).toBeLessThanOrEqual(Math.abs(share(other) - percent / 100) + 1e-12);
        }
      }),
    );
  });

  test('mirrors itself: x % new is 100 − x % old', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 49 }), fc.integer({ min: 1, max: 500 }), (percent, pods) => {
        const [low, high] = [ratioFor(percent, pods), ratioFor(100 - percent, pods)];
        // only where two counts are equally near the smaller share of the new release is taken on both sides
        expect(Math.abs(low.canary - high.stable)).toBeLessThanOrEqual(1);
      }),
    );
  });

  test.each([
    [75, 2, 6], // exact
    [60, 3, 5], // 62.5 % is nearer than 57.1 %
    [80, 10, 40],
    [50, 3, 3],
    [100, 4, 4],
  ])('%i %% of %i pods whose number is an autoscaler’s: %i new', (percent, pods, canary) => {
    const stable = percent === 100 ? 0 : pods;
    expect(ratioFor(percent, pods, { scaled: true })).toEqual({ stable, canary });
  });

  test('no pods, no share', () => {
    expect(() => ratioFor(50, 0)).toThrow(expect.objectContaining({ code: 'REPLICAS_INVALID' }));
  });
  test('for people', () => {
    expect(describeRatio({ stable: 10, canary: 3 })).toBe('3 of 13 pods, 23.1 %');
  });
});
