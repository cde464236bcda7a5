import { describe, expect, test } from '@jest/globals';
import { Answer } from '../../../src/core/host-agent/answer.ts';
import type { Settings } from '../../../src/deploy-ssh-systemd/settings.ts';
import { whatNoJobHas } from '../../../src/deploy-ssh-systemd/timer/no-job.ts';
import { timer } from '../../../src/deploy-ssh-systemd/timer/timer.ts';
import { counts, lastRunOf, readTimerState } from '../../../src/deploy-ssh-systemd/timer/timer-state.ts';
import { renderTimer } from '../../../src/deploy-ssh-systemd/timer/timer-unit.ts';
import { renderUnit } from '../../../src/deploy-ssh-systemd/unit-file.ts';
import { readUnitState } from '../../../src/deploy-ssh-systemd/unit-state.ts';
import { plainOptions } from '../unit-options.ts';

const plain = { calendar: ['daily'], jitter: 0, missed: 'skip', timeout: undefined, run: 'no' };

describe('timer', () => {
  test.each([
    ['daily', plain],
    ['{calendar: daily}', plain],
    [
      '{calendar: [daily, "Mon..Fri 03:30 Europe/Berlin"], jitter: 5m, missed: run, timeout: 1h, run: once}',
      {
        calendar: ['daily', 'Mon..Fri 03:30 Europe/Berlin'],
        jitter: 300_000,
        missed: 'run',
        timeout: 3_600_000,
        run: 'once',
      },
    ],
  ])('%s', (text, expected) => {
    expect(timer.parse(text)).toEqual(expected);
  });

  test.each([
    ['a key that is none', '{calendar: daily, random: 5m}'],
    ['no calendar', '{jitter: 5m}'],
    ['an empty list', '{calendar: []}'],
    ['a line of its own', '{calendar: "daily\\nUnit=ssh.service"}'],
    ['an option', '"--version"'],
    ['a time without a unit', '{calendar: daily, jitter: 5}'],
    ['another word', '{calendar: daily, run: twice}'],
  ])('%s is refused', (_, text) => {
    expect(() => timer.parse(text)).toThrow();
  });
});

test('a timer and its service', () => {
  const job = timer.parse('{calendar: [daily, hourly], jitter: 5m, missed: run, timeout: 1h}');
  expect(
    renderTimer('hello', '/opt/slipway/hello', job),
  ).toBe(`# Written by Slipway; a change made here is overwritten by the next deployment.
[Unit]
Description=When hello runs
X-Slipway=/opt/slipway/hello

[Timer]
OnCalendar=daily
OnCalendar=hourly
AccuracySec=1s
RandomizedDelaySec=300000ms
Persistent=yes

[Install]
WantedBy=timers.target
`);
  const unit = renderUnit({ ...plainOptions, timer: job });
  expect(unit).toMatch(/^Type=oneshot\nTimeoutStartSec=3600000ms$/m);
  expect(unit).not.toMatch(/Restart|\[Install\]/);
});

describe('what systemd says of a job', () => {
  const state = (timerLines: string, runLines = '') => {
    const answer = new Answer();
    answer.add('timer', timerLines);
    answer.add('run', runLines);
    return readTimerState(answer);
  };
  const next = 'ActiveState=active\nNextElapseUSecRealtime=Sun 2026-11-29 00:00:00 UTC';
  const ran = 'ExecMainStartTimestamp=Sat 2026-11-28 18:00:00 UTC\nExecMainExitTimestamp=Sat 2026-11-28 18:01:30 UTC';

  test.each([
    ['not yet', '', 'ActiveState=inactive', 'none', 'it has not run yet'],
    ['now', ran, 'ActiveState=activating', 'under way', 'since 2026-11-28 18:00:00 UTC'],
    ['well', ran, 'ActiveState=inactive\nExecMainCode=1', 'succeeded', '(at 2026-11-28 18:00:00 UTC, 1m30s)'],
    ['badly', ran, 'ActiveState=failed\nExecMainCode=1\nExecMainStatus=7', 'failed', 'exit code 7'],
  ])('it ran %s', (_, runLines, unit, result, words) => {
    const run = lastRunOf(readUnitState(unit), state(next, runLines)!);
    expect(run.result).toBe(result);
    expect(run.words).toContain(words);
  });

  test('before the last boot: systemd knows only that it did', () => {
    const known = state(`${next}\nLastTriggerUSec=Sat 2026-11-28 18:00:00 UTC`)!;
    expect(lastRunOf(readUnitState('ActiveState=inactive'), known).result).toBe('unknown');
  });

  test('it counts with a next run only', () => {
    expect(counts(state(next)!)).toBe(true);
    expect(counts(state('ActiveState=active\nNextElapseUSecRealtime=')!)).toBe(false);
    expect(counts(state(next.replace('active', 'inactive'))!)).toBe(false);
    expect(state('')).toBeUndefined();
  });
});

test('nobody answers between the runs of a job: neither a site of its host nor one in front of all leads there', () => {
  const job = { checks: [], type: 'exec', way: 'restart', restartMethod: 'restart', unit: {} } as unknown as Settings;
  const given = {} as never;
  expect(whatNoJobHas(job)).toEqual([]);
  expect(whatNoJobHas({ ...job, proxy: given })).toEqual(['proxy']);
  expect(whatNoJobHas({ ...job, balancedSite: given, loadBalancer: given })).toEqual(['proxy']);
  expect(whatNoJobHas({ ...job, loadBalancer: given })).toEqual(['load-balancer']);
});
