import { describe, expect, test } from '@jest/globals';
import { tooFew } from '../../src/deploy-k8s-canary/blind.ts';

describe('how many own requests a step needs', () => {
  test.each([
    { rate: 20, seconds: 30, seen: 5, enough: true },
    { rate: 20, seconds: 30, seen: 4, enough: false },
    { rate: 60, seconds: 2, seen: 0, enough: false },
    { rate: 2, seconds: 2, seen: 2, enough: true },
    { rate: 2, seconds: 2, seen: 1, enough: false },
    { rate: 1, seconds: 0, seen: 1, enough: true },
    { rate: 1, seconds: 0, seen: 0, enough: false },
  ])('$seen of $rate a second for $seconds s: $enough', ({ rate, seconds, seen, enough }) => {
    const said = tooFew('the new pods', seen, { 'probe-rate': rate, 'step-duration': 1000 * seconds });
    expect(said === undefined).toBe(enough);
  });

  test('says how many came', () => {
    expect(tooFew('the new pods', 3, { 'probe-rate': 20, 'step-duration': 30_000 })).toBe(
      'only 3 own requests to the new pods were answered at this weight, and 5 are needed to judge it',
    );
  });
});
