import { describe, expect, test } from '@jest/globals';
import { judgeHost } from '../../../src/verify-health/identity/judge-host.ts';
import { hash, onHost, release } from '../record.ts';

const running = {
  LoadState: 'loaded',
  ActiveState: 'active',
  SubState: 'running',
  MainPID: '7',
  NRestarts: '0',
  Start: '100',
  Exe: '/opt/hello',
  Sha256: hash('a'),
};
const judge = (answer: Record<string, string>) => judgeHost(answer, [], onHost(), release().binaries);

describe('judgeHost', () => {
  test.each([
    ['as built', {}, 'as-built', true, undefined, 'PID 7 runs aaaaaaaaaaaa, as built'],
    ['a foreign binary', { Sha256: hash('f') }, 'other', true, 'other-binary', 'none of this release'],
    ['ours, of another machine', { Sha256: hash('b') }, 'other', true, 'other-binary', 'linux/arm64'],
    ['starting', { ActiveState: 'activating' }, 'other', false, 'unit-inactive', 'activating'],
    [
      'failed for good',
      { ActiveState: 'failed', SubState: 'failed', Result: 'exit-code', ExecMainStatus: '3' },
      'other',
      true,
      'unit-inactive',
      '(exit-code, exit status 3)',
    ],
    [
      'no such unit',
      { LoadState: 'not-found', ActiveState: 'inactive' },
      'other',
      true,
      'unit-missing',
      'no unit hello.service',
    ],
    ['not allowed to look', { Denied: 'yes', Error: 'x: Permission denied' }, 'unseen', true, 'no-access', 'become'],
  ])('%s', (_, more, state, final, reason, words) => {
    const look = judge({ ...running, ...more });
    expect(look).toMatchObject({ state, final });
    expect(look.reason).toBe(reason);
    expect(look.detail).toContain(words);
  });

  const job = { ...running, ActiveState: 'inactive', MainPID: '0', Next: 'Sun 2026-11-29 00:00:00 UTC' };
  const deployed = { ...onHost(), previous: 'v0', evidence: { timer: { lastRun: 'succeeded' } } };
  test.each([
    ['between two runs', {}, 'as-built', undefined, 'as built; next Sun 2026-11-29'],
    [
      'while it runs',
      { ActiveState: 'activating', Next: '' },
      'as-built',
      undefined,
      'after the run that is under way',
    ],
    ['that is over', { Next: '' }, 'other', 'unit-inactive', 'has no next run'],
    ['without its timer', { Next: undefined }, 'other', 'unit-inactive', 'the timer of hello'],
    ['its last run failed', { ActiveState: 'failed', Result: 'exit-code' }, 'other', 'unit-inactive', 'exit-code'],
    ['a foreign binary', { Sha256: hash('f') }, 'other', 'other-binary', 'none of this release'],
    [
      'went back',
      { Sha256: hash('f'), Exe: '/x/releases/v0/hello' },
      'other',
      'rolled-back',
      'the release before (v0)',
    ],
    ['unreadable', { Sha256: undefined, Denied: undefined }, 'unseen', 'no-process', 'cannot be read'],
  ])('a job %s', (_, more, state, reason, words) => {
    const look = judgeHost({ ...job, ...more } as Record<string, string>, [], deployed, release().binaries);
    expect(look.state).toBe(state);
    expect(look.reason).toBe(reason);
    expect(look.detail).toContain(words);
  });

  test('a process that ended while it was looked at is looked at again', () => {
    const { Sha256: _, ...rest } = running;
    expect(judge({ ...rest, Error: 'the process ended' })).toMatchObject({ state: 'unseen', final: false });
  });

  test('another process, and a restart of the same number, are told apart', () => {
    const anchors = [{}, { MainPID: '8' }, { Start: '101' }, { NRestarts: '1' }].map(
      more => judge({ ...running, ...more }).anchor,
    );
    expect(new Set(anchors).size).toBe(4);
  });

  const unit = { path: '/etc/systemd/system/hello.service', sha256: hash('1') };
  const dropIn = { path: '/etc/systemd/system/hello.service.d/limits.conf', sha256: hash('2') };
  test.each([
    ['all as it was deployed', [unit, dropIn], {}, undefined],
    ['in another order', [dropIn, unit], {}, undefined],
    ['a drop-in of somebody else', [unit, dropIn, { ...dropIn, path: '/run/x.conf' }], {}, '/run/x.conf was added'],
    ['a changed unit', [{ ...unit, sha256: hash('9') }, dropIn], {}, 'hello.service was changed'],
    ['a drop-in that was taken away', [unit], {}, 'limits.conf is gone'],
    ['changed on disk only', [unit, dropIn], { NeedDaemonReload: 'yes' }, 'has not read them again'],
  ])('the unit: %s', (_, files, more, words) => {
    const deployment = onHost({ evidence: { unitFiles: [unit, dropIn] } });
    const look = judgeHost({ ...running, ...more }, files, deployment, []);
    expect(look.reason).toBe(words === undefined ? undefined : 'unit-changed');
    expect(look.detail).toContain(words ?? 'as built');
    // an older record does not say what was loaded: nothing to compare with
    expect(judgeHost({ ...running, ...more }, files, onHost(), []).state).toBe('as-built');
  });
});
