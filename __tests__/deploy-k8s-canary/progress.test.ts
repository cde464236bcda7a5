import { expect, test } from '@jest/globals';
import { Journal } from '../../src/deploy-k8s-canary/journal.ts';
import { progress } from '../../src/deploy-k8s-canary/progress.ts';
import { rowOf } from '../../src/deploy-k8s-canary/step-row.ts';

const counts = (requests: number, errors: number) => ({ requests, errors });
const row = { ...rowOf(new Journal(), 50), harm: 1.5, good: 2 };

test('own requests, the router and metrics, each only where there is something', () => {
  expect(progress(row)).toBe('  50 %: nothing seen yet; E(worse) 1.5, E(good) 2');
  expect(
    progress({ ...row, canary: counts(40, 1), baseline: counts(40, 0), router: counts(40, 0), observed: 0.5 }),
  ).toBe(
    '  50 %: failed 1 of 40 new, 0 of 40 old, through the router 0 of 40, observed share 50 %; E(worse) 1.5, E(good) 2',
  );
  const one = { metric: 'errors', harm: 1, good: 1, needed: 0, canary: counts(100, 2), baseline: counts(900, 1) };
  const metrics = [
    { ...one, group: 'eu' },
    { ...one, group: 'us' },
    { ...one, metric: 'own requests', group: '' },
  ];
  expect(progress(row, metrics)).toBe('  50 %: errors 4 of 200 new, 2 of 1800 old; E(worse) 1.5, E(good) 2');
});
