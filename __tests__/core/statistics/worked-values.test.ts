import { describe, expect, test } from '@jest/globals';
import { excess, goodness, harm, nonInferiority, requestsNeeded, sprt } from '../../../src/core/statistics/index.ts';
import { tick } from './tick.ts';

/** Equal to as many digits as the text has. */
function digits(value: number, expected: string): void {
  const decimals = expected.split('.')[1]?.length ?? 0;
  expect(value.toFixed(decimals)).toBe(expected);
}

describe('worked values, to the last digit', () => {
  const cases = [
    {
      name: 'harm',
      process: harm(),
      steps: [
        [tick(50, 0, 950, 1), '0.660483'],
        [tick(50, 1, 950, 1), '2.255646'],
        [tick(50, 2, 950, 0), '145.652767'],
        [tick(250, 4, 750, 1), '3117.611'],
      ],
    },
    {
      name: 'non-inferiority',
      process: nonInferiority(),
      steps: [
        [tick(500, 1, 9500, 10), '0.858324'],
        [tick(2500, 2, 7500, 8), '4.301748'],
        [tick(5000, 5, 5000, 6), '28.210675'],
      ],
    },
  ] as const;
  for (const { name, process, steps } of cases) {
    test(name, () => {
      for (const [seen, expected] of steps) {
        process.add(seen);
        digits(process.e, expected);
      }
    });
  }

  test('p-value of the harm ticks', () => {
    const process = harm();
    for (const seen of [tick(50, 0, 950, 1), tick(50, 1, 950, 1), tick(50, 2, 950, 0), tick(250, 4, 750, 1)])
      process.add(seen);
    digits(Math.min(1, 1 / process.max), '0.00032076');
  });

  test('absolute goodness at 1 %', () => {
    const process = goodness(0.01);
    process.add({ requests: 300, errors: 0 });
    digits(process.e, '11.2678');
    process.add({ requests: 300, errors: 1 });
    digits(process.e, '18.8035');
  });

  test.each([
    [0.01, 368],
    [0.001, 3699],
  ])('requests without an error for less than %d', (tolerance, requests) => {
    expect(requestsNeeded(tolerance, 20)).toBe(requests);
  });

  test("Wald's SPRT", () => {
    const { upper, lower, error, success } = sprt(0.01, 0.05, 0.001, 0.005);
    digits(upper, '4.553877');
    digits(lower, '-2.985682');
    digits(error, '1.6094379');
    digits(success, '-0.0040120');
  });
});

describe('what must not move the evidence', () => {
  test('an incident that both releases share, whatever the weights', () => {
    const process = harm();
    for (let i = 0; i < 50; i++) process.add(tick(100, 8, 900, 72));
    expect(process.e).toBeLessThan(1);
  });
  test('ticks without errors, and empty ticks', () => {
    const process = harm();
    process.add(tick(1000, 0, 1000, 0));
    process.add(tick(0, 0, 0, 0));
    expect(process.e).toBe(1);
  });
  test('no overflow where everything fails for an hour', () => {
    const process = excess(0.01);
    for (let i = 0; i < 3600; i++) process.add({ requests: 100, errors: 100 });
    expect(process.e).toBe(Number.POSITIVE_INFINITY);
    const good = goodness(0.01);
    for (let i = 0; i < 3600; i++) good.add({ requests: 100, errors: 100 });
    expect(good.e).toBe(0);
  });
});
