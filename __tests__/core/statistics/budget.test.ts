import { expect, test } from '@jest/globals';
import { budgetOf, requestsNeeded } from '../../../src/core/statistics/index.ts';

const plan = {
  tolerance: 0.01,
  beta: 0.05,
  phi: 1,
  traffic: 0,
  probes: 0,
  steps: [
    { share: 0, seconds: 60 },
    { share: 0.5, seconds: 60 },
  ],
};
const needed = requestsNeeded(0.01, 39); // the mean with a relative evidence of 1 reaches 20

test('users come by the canary’s share, own requests in every step', () => {
  expect(budgetOf({ ...plan, traffic: 20, probes: 5 })).toMatchObject({ needed, users: 600, own: 600, missing: 0 });
});
test('says when it is enough', () => {
  expect(budgetOf({ ...plan, probes: 10 }).enough).toBeCloseTo(needed / 10, 6);
  expect(budgetOf({ ...plan, traffic: 20 }).enough).toBeCloseTo(60 + needed / 10, 6);
});
test('clustered errors make users’ requests count for less', () => {
  expect(budgetOf({ ...plan, traffic: 20, phi: 5 })).toMatchObject({
    users: 120,
    enough: undefined,
    missing: (needed - 120) / 2,
  });
});
test('what cannot suffice says how much longer it would take, and never where nothing comes', () => {
  expect(budgetOf({ ...plan, probes: 2 })).toMatchObject({ enough: undefined, missing: (needed - 240) / 2 });
  expect(budgetOf(plan)).toMatchObject({ enough: undefined, missing: Number.POSITIVE_INFINITY });
});
