import { expect, test } from '@jest/globals';
import { sleep } from '../../../../src/core/deadline.ts';
import type { Room } from '../../../../src/setup-go-cross/build/parallelism/machine.ts';
import {
  type Job,
  type Limits,
  type Start,
  schedule,
} from '../../../../src/setup-go-cross/build/parallelism/schedule.ts';

const gib = 2 ** 30;
const plenty: Room = { limit: 16 * gib, free: 16 * gib };
const short: Room = { limit: 16 * gib, free: 0.1 * gib };

/** Jobs that take `ms` each and note what happens; the process that they name is this one. */
function jobs(count: number, ms: number, run: (index: number, how: Start) => Promise<void> = async () => undefined) {
  const seen: string[] = [];
  let [now, most] = [0, 0];
  const made = Array.from(
    { length: count },
    (_, index): Job<string> => ({
      title: `job ${index}`,
      async start(how) {
        seen.push(`${index} -p=${how.p}`);
        most = Math.max(most, ++now);
        how.onStart(process.pid);
        try {
          await sleep(ms, how.signal);
          await run(index, how);
          return `done ${index}`;
        } finally {
          now--;
        }
      },
    }),
  );
  return { made, seen, most: () => most, now: () => now };
}
const limits = (more: Partial<Limits> = {}): Limits => ({
  wanted: 'auto',
  cores: 2,
  signal: new AbortController().signal,
  gauge: () => plenty,
  ...more,
});

test('as many at once as there are cores; the results are in the order of the jobs', async () => {
  const { made, seen, most } = jobs(5, 20);
  expect(await schedule(made, limits())).toEqual([0, 1, 2, 3, 4].map(index => `done ${index}`));
  expect(most()).toBe(2);
  expect(seen.at(-1)).toBe('4 -p=2');
});

test('a number is taken as it is', async () => {
  const { made, most } = jobs(5, 20);
  await schedule(made, limits({ wanted: 4, gauge: () => short }));
  expect(most()).toBe(4);
});

test('where nothing is known of memory the cores decide', async () => {
  const { made, most } = jobs(4, 20);
  await schedule(made, limits({ gauge: () => undefined }));
  expect(most()).toBe(2);
});

test('memory gets short: the youngest makes way, is built again, and fewer are built at once', async () => {
  const { made, seen } = jobs(3, 600);
  let shown = false;
  const gauge = () => {
    if (seen.length !== 2 || shown) return plenty;
    shown = true; // once, when both are at work
    return short;
  };
  expect(await schedule(made, limits({ gauge }))).toHaveLength(3);
  expect(seen).toEqual(['0 -p=2', '1 -p=2', '1 -p=2', '2 -p=2']);
});

test('memory stays short: one at a time with -p=1, which is not ended', async () => {
  let room = plenty;
  const { made, seen } = jobs(2, 900);
  setTimeout(() => {
    room = short;
  }, 100);
  expect(await schedule(made, limits({ gauge: () => room }))).toHaveLength(2);
  expect(seen).toEqual(['0 -p=2', '1 -p=2', '0 -p=1', '1 -p=1']);
});

test('one fails: the others are ended and waited for, and its error is the answer', async () => {
  const { made, seen, now } = jobs(4, 50, async (index, { signal }) => {
    if (index === 0) throw new Error('does not compile');
    await sleep(5000, signal);
  });
  await expect(schedule(made, limits())).rejects.toThrow('does not compile');
  expect([now(), seen]).toEqual([0, ['0 -p=2', '1 -p=2']]);
});

test('a cancelled step starts nothing more', async () => {
  const stop = new AbortController();
  const { made, seen } = jobs(4, 5000);
  setTimeout(() => stop.abort(new Error('cancelled')), 100);
  await expect(schedule(made, limits({ signal: stop.signal }))).rejects.toThrow('cancelled');
  expect(seen).toHaveLength(2);
});
