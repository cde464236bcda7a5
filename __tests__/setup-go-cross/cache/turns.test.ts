import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { nextCount } from '../../../src/setup-go-cross/cache/shared/turns.ts';

test.each<[name: string, count: number, busy: number | undefined, cores: number, expected: number]>([
  ['all cores at work: as it is', 3, 0.95, 2, 3],
  ['half of the time waiting for the folder: twice as many', 2, 0.5, 2, 4],
  ['nearly always waiting: at most twice as many at a time', 4, 0.05, 2, 8],
  ['never more than eight a core', 12, 0.3, 2, 16],
  ['a little idle: one more', 8, 0.85, 4, 10],
  ['too many: a fifth less', 5, 0.99, 2, 4],
  ['half as many again as there are cores stay', 3, 1, 2, 3],
  ['nothing measured', 3, undefined, 2, 3],
])('%s', (_, count, busy, cores, expected) => expect(nextCount(count, busy, cores)).toBe(expected));

test('repeated, it comes to rest between one and eight a core', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 32 }), fc.double({ min: 0.05, max: 1, noNaN: true }), (cores, each) => {
      // Every build keeps this part of a core at work.
      let [count, before] = [cores, cores];
      for (let round = 0; round < 20; round++) {
        before = count;
        count = nextCount(count, Math.min(1, (count * each) / cores), cores);
      }
      expect(count).toBeGreaterThanOrEqual(cores);
      expect(count).toBeLessThanOrEqual(8 * cores);
      // With few cores one place more or less is much: it goes to and fro between the two.
      if (count < 8 * cores) expect((Math.max(count, before) * each) / cores).toBeGreaterThanOrEqual(0.89);
    }),
  );
});
