import { describe, expect, test } from '@jest/globals';
import type { Deployment } from '../../../../src/core/record/schema.ts';
import { measure } from '../../../../src/core/report/history/measures.ts';
import { cluster } from '../record.ts';
import { at, deployment, fortnight, verdict } from './entries.ts';

const pods = (state: Deployment['state'], [started, ended]: readonly [string, string]) =>
  cluster({ state, started: at(started), ended: at(ended) });
const minutes = (count: number) => 60_000 * count;

describe('the four measures of a fortnight, worked out by hand', () => {
  const measured = measure(fortnight);

  test('lead time: 08:00 to 10:30, 10:00 to 11:10, 06:00 to 13:20; the median is 2 h 30', () => {
    expect(measured.leadTime).toEqual({
      median: minutes(150),
      of: [
        { version: 'v1', ms: minutes(150) },
        { version: 'v3', ms: minutes(70) },
        { version: 'v4', ms: minutes(440) },
      ],
    });
  });

  test('frequency: v1, v3, v4 in 14 days are 1.5 a week; a way back and an unchanged one are none', () => {
    expect(measured.frequency).toEqual({ deployments: 3, days: 14, perWeek: 1.5 });
  });

  test('failure rate: of v1, v2, v3, v4, v5 three failed: v2 went back, v3 was called failed, v5 failed', () => {
    expect(measured.failures).toEqual({ failed: 3, deployments: 5, rate: 0.6 });
  });

  test('time to restore: v2 09:40 to 10:00, v3 from its verdict 11:15 to 11:45; v5 is open', () => {
    expect(measured.restore).toEqual({
      median: minutes(25),
      of: [
        { version: 'v2', ms: minutes(20) },
        { version: 'v3', ms: minutes(30) },
      ],
      open: ['v5'],
    });
  });

  test('the order of the entries is no matter', () => expect(measure(fortnight.toReversed())).toEqual(measured));
});

describe('what counts', () => {
  const good = deployment('v1', 'release', 'healthy', ['05 10:00', '05 10:30']);

  test('no entries are no numbers, and not zero', () => {
    expect(measure([])).toEqual({
      leadTime: { median: undefined, of: [] },
      frequency: { deployments: 0, days: 1, perWeek: 0 },
      failures: { failed: 0, deployments: 0, rate: undefined },
      restore: { median: undefined, of: [], open: [] },
    });
  });

  test('a version without the time of its commit has no lead time', () => {
    expect(measure([good]).leadTime.of).toEqual([]);
  });

  test('a version that is deployed again has one lead time', () => {
    const more = { commitTime: '2026-01-05T09:30:00.000Z' };
    const again = deployment('v1', 'deploy', 'healthy', ['06 10:00', '06 10:30'], more);
    const first = deployment('v1', 'release', 'healthy', ['05 10:00', '05 10:30'], more);
    expect(measure([first, again]).leadTime.of).toEqual([{ version: 'v1', ms: minutes(60) }]);
    expect(measure([first, again]).frequency.deployments).toBe(2);
  });

  test.each([
    ['abort', ['06 11:00', '06 11:10']],
    ['rollback', ['06 11:00', '06 11:10']],
  ] as const)('a canary that was held and ended by %s failed once; the release before it did not', (mode, when) => {
    const held = deployment('v2', 'release', 'inconclusive', ['06 10:00', '06 10:30']);
    const ended = deployment('v2', mode, 'rolled-back', when, { deployments: [pods('rolled-back', when)] });
    const { failures, restore } = measure([good, held, ended]);
    expect(failures).toEqual({ failed: 1, deployments: 2, rate: 0.5 });
    expect(restore.of).toEqual([{ version: 'v2', ms: minutes(10) }]);
  });

  test('an unfinished canary is no deployment yet', () => {
    const held = deployment('v2', 'release', 'paused', ['06 10:00', '06 10:30']);
    expect(measure([good, held]).failures).toEqual({ failed: 0, deployments: 1, rate: 0 });
  });

  test('a way back by hand shows that the deployment before it failed, on hosts and on clusters', () => {
    const hosts = deployment('v0', 'rollback', 'healthy', ['05 12:00', '05 12:05']);
    const onPods = deployment('v1', 'rollback', 'rolled-back', ['05 12:00', '05 12:05'], {
      deployments: [pods('rolled-back', ['05 12:00', '05 12:05'])],
    });
    for (const back of [hosts, onPods]) {
      const { failures, restore } = measure([good, back]);
      expect(failures.failed).toBe(1);
      expect(restore.of).toEqual([{ version: 'v1', ms: minutes(5) }]);
    }
  });

  test('a way back on a host that did not become healthy restores nothing; a verdict later does', () => {
    const back = deployment('v0', 'rollback', 'rolled-back', ['05 12:00', '05 12:05']);
    expect(measure([good, back]).restore).toEqual({ median: undefined, of: [], open: ['v1'] });
    const well = verdict('v1', 'verified', ['05 13:00', '05 13:05']);
    expect(measure([good, back, well]).restore.of).toEqual([{ version: 'v1', ms: minutes(65) }]);
  });

  test('what a run writes down at once is about its deployment, not about its build', () => {
    const run = { started: at('05 09:00'), ended: at('05 11:00'), commitTime: at('05 09:30') };
    const entry = { ...good, ...run };
    const found = { ...verdict('v1', 'failed', ['05 10:30', '05 10:40']), ...run };
    const back = deployment('v0', 'rollback', 'healthy', ['05 12:00', '05 12:05']);
    const { leadTime, failures, restore } = measure([back, found, entry]);
    expect(leadTime.of).toEqual([{ version: 'v1', ms: minutes(60) }]);
    expect(failures.failed).toBe(1);
    expect(restore.of).toEqual([{ version: 'v1', ms: minutes(85) }]);
  });

  test('a verdict of the same moment comes after its deployment', () => {
    const found = verdict('v1', 'failed', ['05 10:30', '05 10:30']);
    for (const entries of [
      [good, found],
      [found, good],
    ])
      expect(measure(entries).failures.failed).toBe(1);
  });

  test('a failed verdict on another version says nothing of the last deployment', () => {
    expect(measure([good, verdict('v0', 'failed', ['05 11:00', '05 11:05'])]).failures.failed).toBe(0);
  });

  test('what is found after the next deployment is the next one’s', () => {
    const next = deployment('v2', 'release', 'healthy', ['06 10:00', '06 10:30']);
    const { failures, restore } = measure([good, next, verdict('v2', 'failed', ['06 11:00', '06 11:05'])]);
    expect([failures.failed, restore.open]).toEqual([1, ['v2']]);
  });
});
