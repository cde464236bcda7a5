import { expect, test } from '@jest/globals';
import { budgetLine } from '../../src/deploy-k8s-canary/budget.ts';
import type { Options } from '../../src/deploy-k8s-canary/options.ts';

const options = {
  tolerance: 0.01,
  beta: 0.05,
  steps: [0, 50, 100],
  'step-duration': 30_000,
  'warm-up': 0,
  'probe-rate': 20,
  probes: [{}],
  'on-inconclusive': 'extend',
} as unknown as Options;

test.each([
  {
    name: 'own requests alone suffice',
    given: {},
    enough: true,
    line: 'Promotion needs 447 requests to the new release without an error (tolerance 0.01, beta 0.05); in 2 steps of 30s below 100 % come 1200 own (20/s): enough after 23s.',
  },
  {
    name: 'own requests alone do not',
    given: { 'probe-rate': 5, 'warm-up': 30_000 },
    enough: false,
    line: 'Promotion needs 447 requests to the new release without an error (tolerance 0.01, beta 0.05); in 2 steps of 30s below 100 % after 30s of warm-up come 300 own (5/s): this cannot suffice, the last step would have to be 30s longer. When it does not suffice, on-inconclusive: extend applies.',
  },
  {
    name: 'users, and what own requests add',
    given: { 'probe-rate': 10 },
    expected: { metric: 'errors', tolerance: 0.02, traffic: 60, phi: 5 },
    enough: true,
    line: '"errors" needs 222 requests to the new release without an error (tolerance 0.02, beta 0.05); in 2 steps of 30s below 100 % come 180 of users (60/s) and 120 own (10/s), all divided by the dispersion of 5: enough after 51s; without own requests this cannot suffice, the last step would have to be 7s longer.',
  },
])('$name', ({ given, expected, enough, line }) => {
  expect(budgetLine({ ...options, ...given }, expected)).toEqual({ line, enough });
});
