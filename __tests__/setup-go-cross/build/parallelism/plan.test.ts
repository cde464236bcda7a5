import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  footprint,
  type Measured,
  type Parallelism,
  planParallelism,
  type Situation,
  shareOf,
  typical,
} from '../../../../src/setup-go-cross/build/parallelism/plan.ts';

const gib = 2 ** 30;
const small: Measured = { go: 0.05 * gib, tool: 0.2 * gib, peak: 0.35 * gib, p: 2 };
/** The complaint: four compiles of 5.6 GB each. */
const huge: Measured = { go: 0.4 * gib, tool: 5.6 * gib, peak: 6.3 * gib, p: 2 };
const infinite = Number.POSITIVE_INFINITY;

test.each<[name: string, situation: Situation, expected: Parallelism]>([
  ['2 cores, nothing known of memory', { cores: 2, left: 3, budget: infinite }, { builds: 2, p: 2 }],
  ['2 cores, 7 GB, nothing measured', { cores: 2, left: 3, budget: 7 * gib }, { builds: 2, p: 2 }],
  ['4 cores, 16 GB, small program', { cores: 4, left: 6, budget: 16 * gib, measured: small }, { builds: 4, p: 2 }],
  ['one target gets all cores', { cores: 8, left: 1, budget: 16 * gib, measured: small }, { builds: 1, p: 12 }],
  ['the last two share', { cores: 8, left: 2, budget: 16 * gib, measured: small }, { builds: 2, p: 6 }],
  [
    '4 cores, 16 GB, four of 5.6 GB: two at once',
    { cores: 4, left: 4, budget: 15 * gib, measured: huge },
    { builds: 2, p: 3 },
  ],
  ['4 cores, 7 GB, four of 5.6 GB: one', { cores: 4, left: 4, budget: 7 * gib, measured: huge }, { builds: 1, p: 4 }],
  [
    'fits nowhere: alone, one package at a time',
    { cores: 4, left: 4, budget: gib, measured: huge },
    { builds: 1, p: 1 },
  ],
  ['nothing left at all', { cores: 4, left: 4, budget: -gib, measured: small }, { builds: 1, p: 1 }],
  [
    'what went wrong before is not tried again',
    { cores: 4, left: 4, budget: infinite, most: { builds: 2, p: 1 } },
    { builds: 2, p: 1 },
  ],
  ['one core', { cores: 1, left: 3, budget: infinite }, { builds: 1, p: 2 }],
])('%s', (_, situation, expected) => expect(planParallelism(situation)).toEqual(expected));

describe('for all situations', () => {
  const bytes = fc.integer({ min: 0, max: 64 }).map(one => one * 0.25 * gib);
  const measured = fc
    .record({ go: bytes, tool: bytes, beside: bytes, p: fc.integer({ min: 1, max: 8 }) })
    .map(({ go, tool, beside, p }) => ({ go, tool, peak: go + tool + (p > 1 ? beside : 0), p }));
  const situation = fc.record({
    cores: fc.integer({ min: 1, max: 64 }),
    left: fc.integer({ min: 1, max: 40 }),
    budget: bytes,
    measured,
  });

  test('what is planned fits, or is the least there is; never more builds than are left or than cores', () => {
    fc.assert(
      fc.property(situation, one => {
        const { builds, p } = planParallelism(one);
        expect(builds).toBeLessThanOrEqual(Math.min(one.left, one.cores));
        expect(p).toBeLessThanOrEqual(shareOf(one.cores, builds));
        if (builds * p > 1) expect(builds * footprint(one.measured, p)).toBeLessThanOrEqual(one.budget);
      }),
    );
  });

  test('more memory never means fewer compiles at once', () => {
    fc.assert(
      fc.property(situation, bytes, (one, more) => {
        const used = ({ builds, p }: Parallelism) => Math.min(builds * p, Math.ceil(1.5 * one.cores));
        const [less, plenty] = [planParallelism(one), planParallelism({ ...one, budget: one.budget + more })];
        expect(used(plenty)).toBeGreaterThanOrEqual(used(less));
      }),
    );
  });
});

test('the footprint of another -p', () => {
  expect(footprint(typical, typical.p)).toBe(typical.peak);
  expect(footprint({ go: 1, tool: 5, peak: 10, p: 3 }, 1)).toBe(6);
  expect(footprint({ go: 1, tool: 5, peak: 10, p: 3 }, 5)).toBe(14);
  // Measured with -p=1: of what would be beside it nothing is known, so it counts as much as the largest.
  expect(footprint({ go: 1, tool: 5, peak: 6, p: 1 }, 3)).toBe(16);
});
