import { expect, test } from '@jest/globals';
import { dispersion } from '../../../src/core/statistics/index.ts';

test.each([
  // Σ(x−x̄)² = 5·1, Σ x̄·(pods−1) = 2·2 = 4
  { name: 'a tick', history: [[0, 1, 5]], phi: (4 + 1 + 9) / 4 },
  {
    name: 'sums over ticks before it divides',
    history: [
      [3, 3],
      [0, 4],
    ],
    phi: (0 + 8) / (3 + 2),
  },
  {
    name: 'never below 1',
    history: [
      [2, 2, 2],
      [1, 1, 1],
    ],
    phi: 1,
  },
  {
    name: 'an incident that all pods share is none',
    history: [
      [0, 0],
      [40, 40],
      [0, 0],
    ],
    phi: 1,
  },
  { name: 'a tick with one pod says nothing', history: [[7], [0, 1]], phi: 1 },
])('$name', ({ history, phi }) => {
  expect(dispersion(history)).toBeCloseTo(phi, 9);
});

test.each([{ history: [] }, { history: [[0, 0, 0]] }, { history: [[9]] }])(
  'without an error in two pods nothing is known: $history',
  ({ history }) => {
    expect(dispersion(history)).toBeUndefined();
  },
);
