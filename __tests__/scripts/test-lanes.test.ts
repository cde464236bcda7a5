import { expect, test } from '@jest/globals';

// biome-ignore lint/suspicious/noExplicitAny: the scripts are plain JavaScript
const { atOnce, lanesOf, runLanes }: any = await import(new URL('../../scripts/test/lanes.mjs', import.meta.url).href);

const all = ['unit', 'integration', 'host', 'cluster', 'image', 'e2e'];
interface Lane {
  readonly name: string;
  readonly projects: string[];
}

test('a whole run has each project in one lane, and the files of "host" in several; their reports have names of their own', () => {
  const lanes: Lane[] = lanesOf(all, true);
  expect(lanes.filter(({ projects }) => !projects.includes('host')).flatMap(({ projects }) => projects)).toEqual([
    'cluster',
    'integration',
    ...['image', 'e2e'],
  ]);
  expect(lanes.filter(({ projects }) => projects.includes('host')).length).toBeGreaterThan(atOnce);
  expect(new Set(lanes.map(({ name }) => name)).size).toBe(lanes.length);
});

test('a run of some files runs those that were asked for', () => {
  expect(lanesOf(['e2e'], false).map(({ projects }: Lane) => projects)).toEqual([['e2e']]);
});

test.each([
  ['busy', 0, atOnce],
  ['idle', 0.5, atOnce + 1],
])(
  'who is free takes the next; a failure ends nobody else, and all are waited for; cores that are %s',
  async (_, idle, atMost) => {
    let [now, most] = [0, 0];
    const run = async (lane: number) => {
      most = Math.max(most, ++now);
      await new Promise(resolve => setTimeout(resolve, lane === 0 ? 50 : 1));
      now--;
      if (lane === 1) throw new Error('broken');
      return lane;
    };
    const ended: PromiseSettledResult<number>[] = await runLanes(
      [0, 1, 2, 3, 4, 5, 6],
      run,
      () => new Promise(resolve => setTimeout(resolve, 1, idle)),
    );
    expect([now, most]).toEqual([0, atMost]);
    expect(ended.map(one => (one.status === 'fulfilled' ? one.value : one.reason.message))).toEqual([
      0,
      'broken',
      2,
      3,
      4,
      5,
      6,
    ]);
  },
);

test('who waits for idle cores does not outlast the lanes', async () => {
  const began = Date.now();
  await runLanes([0, 1, 2], () => new Promise(resolve => setTimeout(resolve, 20)));
  expect(Date.now() - began).toBeLessThan(5000);
});
