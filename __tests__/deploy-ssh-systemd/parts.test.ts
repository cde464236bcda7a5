import { describe, expect, test } from '@jest/globals';
import { SlipwayError } from '../../src/core/errors.ts';
import { Answer } from '../../src/core/host-agent/answer.ts';
import { parseTarget } from '../../src/core/target.ts';
import { type Artifact, chooseArtifact } from '../../src/deploy-ssh-systemd/artifacts.ts';
import { told } from '../../src/deploy-ssh-systemd/exposure.ts';
import { joinErrors, withNothingChanged } from '../../src/deploy-ssh-systemd/fleet.ts';
import { redact } from '../../src/deploy-ssh-systemd/redact.ts';
import { readUnitState } from '../../src/deploy-ssh-systemd/unit-state.ts';
import { describeExit, hasExited, judgeUnit, readEnd } from '../../src/deploy-ssh-systemd/unit-verdict.ts';
import { environment, listen, serviceDirectory, serviceName } from '../../src/deploy-ssh-systemd/values.ts';

const artifact = (target: string): Artifact => ({ path: target, target: parseTarget(target), sha256: '', size: 1 });

describe('chooseArtifact', () => {
  const all = ['linux/amd64', 'linux/arm64', 'linux/arm/v6', 'linux/arm/v7', 'linux/amd64/v3'].map(artifact);
  test.each([
    ['aarch64', 'linux/arm64'],
    ['armv7l', 'linux/arm/v7'],
    ['armv6l', 'linux/arm/v6'],
  ])('%s takes %s', (uname, expected) => {
    expect(chooseArtifact(all, uname).path).toBe(expected);
  });

  const v2 = 'cx16 lahf_lm pni popcnt sse4_1 sse4_2 ssse3';
  const v3 = `${v2} abm avx avx2 bmi1 bmi2 f16c fma movbe xsave`;
  test.each([
    ['x86_64', 'fpu', 'linux/amd64'],
    ['x86_64', v2, 'linux/amd64'],
    ['x86_64', v3, 'linux/amd64/v3'],
    ['x86_64', '', 'linux/amd64/v3'],
    ['armv7l', 'half thumb vfp vfpv3 neon', 'linux/arm/v7'],
    ['armv7l', 'half thumb vfp', 'linux/arm/v6'],
  ])('%s that can "%s" takes %s', (uname, cpu, expected) => {
    expect(chooseArtifact(all, uname, cpu.split(' ').filter(Boolean)).path).toBe(expected);
  });

  test('a processor that is older than all binaries is told as that', () => {
    const refusal = { code: 'ARCHITECTURE_MISMATCH', hint: expect.stringContaining('linux/amd64 or linux/amd64/v2') };
    expect(() => chooseArtifact([artifact('linux/amd64/v3')], 'x86_64', v2.split(' '))).toThrow(
      expect.objectContaining(refusal),
    );
  });

  test('of the variants of arm64 the oldest is taken', () => {
    expect(chooseArtifact(['linux/arm64/v9.0', 'linux/arm64'].map(artifact), 'aarch64').path).toBe('linux/arm64');
  });

  test.each(['s390x', 'armv5tel'])('%s fits none', uname => {
    expect(() => chooseArtifact(all, uname)).toThrow(expect.objectContaining({ code: 'ARCHITECTURE_MISMATCH' }));
  });
});

describe('how a process ended', () => {
  test.each([
    ['exited, code=exited, status=3/NOTIMPLEMENTED', 'exit code 3'],
    ['exited, code=exited, status=203/EXEC', 'exit code 203 (the binary cannot be executed on this host)'],
    ['exited, code=killed, status=9/KILL', 'killed by signal 9 (SIGKILL; out of memory?)'],
    ['exited, code=dumped, status=11/SEGV', 'killed by signal 11 (SIGSEGV)'],
  ])('the journal says: Main process %s', (text, words) => {
    expect(describeExit(readEnd(`hello.service: Main process ${text}`)!)).toBe(words);
  });

  test.each(['', 'hello.service: Deactivated successfully.', 'Main process exited, code=exited, status=x'])(
    '%p does not say how',
    text => expect(readEnd(text)).toBeUndefined(),
  );

  test.each([
    ['ExecMainCode=0\nExecMainStatus=0\nMainPID=7', false],
    ['ExecMainCode=1\nExecMainStatus=0', true],
    ['ExecMainCode=2\nExecMainStatus=9', true],
    ['ExecMainCode=0\nResult=timeout', true],
  ])('%p: ended %p', (text, ended) => expect(hasExited(readUnitState(text))).toBe(ended));
});

describe('judgeUnit', () => {
  const entry = { folder: '/opt/x/releases/new', how: 'restart', pidBefore: 5, restartsBefore: 0 };
  const up = 'ActiveState=active\nSubState=running\nMainPID=7\nNRestarts=0\nResult=success\nExe=/opt/x/releases/new/x';
  test.each([
    ['up with the new binary', up, 'up'],
    ['up by an automatic restart, with ours still to come', `${up}\nJob=4711`, 'waiting'],
    ['up with the old one', up.replace('/new/', '/old/'), 'waiting'],
    ['a release whose name begins alike', up.replace('/new/', '/new2/'), 'waiting'],
    ['starting', 'ActiveState=activating\nSubState=start\nMainPID=7', 'waiting'],
    [
      'one crash',
      'ActiveState=activating\nSubState=auto-restart\nNRestarts=1\nExecMainCode=1\nExecMainStatus=1',
      'waiting',
    ],
    [
      'a second crash',
      'ActiveState=activating\nSubState=auto-restart\nNRestarts=2\nExecMainCode=1\nExecMainStatus=1',
      'failed',
    ],
    [
      'a format that cannot be executed',
      'ActiveState=activating\nSubState=auto-restart\nNRestarts=0\nExecMainCode=1\nExecMainStatus=203',
      'failed',
    ],
    ['failed for good', 'ActiveState=failed\nResult=timeout', 'failed'],
    ['the one before was killed, the start is queued', 'ActiveState=failed\nResult=timeout\nJob=12', 'waiting'],
  ])('%s', (_name, text, kind) => {
    expect(judgeUnit(readUnitState(text), entry).kind).toBe(kind);
  });

  test.each([
    ['the very process, from the folder before', { how: 'reload', pidBefore: 7 }, up.replace('/new/', '/old/'), 'up'],
    ['while it says that it reloads', { how: 'reload', pidBefore: 7 }, up.replace('=active', '=reloading'), 'up'],
    ['another process after a reload', { how: 'reload' }, up, 'failed'],
    ['a restart of the same release, not yet done', { pidBefore: 7 }, up, 'waiting'],
    ['restarts before a signal', { how: 'upgrade', restartsBefore: 3 }, up.replace('NRestarts=0', 'NRestarts=3'), 'up'],
    [
      'crashes after a signal',
      { how: 'upgrade', restartsBefore: 3 },
      up.replace('NRestarts=0', 'NRestarts=5'),
      'failed',
    ],
    ['a child that is not followed yet', { how: 'upgrade' }, up.replace('/new/', '/old/'), 'waiting'],
  ])('%s', (_name, changes, text, kind) => {
    expect(judgeUnit(readUnitState(text), { ...entry, ...changes }).kind).toBe(kind);
  });

  test('the release before that does not end is not taken for the new one', () => {
    const text = 'ActiveState=deactivating\nSubState=stop-sigterm\nMainPID=7\nExe=/opt/x/releases/old/x';
    const detail = 'the release before does not end (stop-sigterm)';
    expect(judgeUnit(readUnitState(text), entry)).toEqual({ kind: 'waiting', detail });
  });

  test('a forbidden system call is named', () => {
    const seen = judgeUnit(readUnitState('ActiveState=failed\nExecMainCode=3\nExecMainStatus=31'), entry);
    expect(seen).toMatchObject({ detail: expect.stringContaining('SystemCallFilter') });
  });
});

describe('values', () => {
  test.each(['hello', 'hello.service', 'a.b-c_d', 'H1'])('the service %s', text => {
    expect(serviceName.parse(text)).toBe(text.replace('.service', ''));
  });
  test.each(['/opt/x', '/srv/app/x', '/var/lib/slipway/x'])('the directory %s', text => {
    expect(serviceDirectory.parse(text)).toBe(text);
  });
  test.each([
    '/opt',
    '/',
    'opt/x',
    '/opt//x',
    '/opt/./x',
    '/opt/../x',
    '/home/u/x',
    '/tmp/x',
    '/opt/a b',
    '/opt/-x',
    '/opt/$x',
  ])('not the directory %s', text => {
    expect(() => serviceDirectory.parse(text)).toThrow();
  });
  test.each([
    ['8080', '127.0.0.1', 8080, '8080'],
    [':8080', '127.0.0.1', 8080, '8080'],
    ['0.0.0.0:80', '127.0.0.1', 80, '0.0.0.0:80'],
    ['[::]:80', '::1', 80, '[::]:80'],
    ['192.0.2.1:80', '192.0.2.1', 80, '192.0.2.1:80'],
  ])('listen %s', (text, host, port, stream) => {
    expect(listen.parse(text)).toEqual({ host, port, stream });
  });
  test.each(['', '0', '65536', 'x:80', '1.2.3:80'])('not listen %j', text => {
    expect(() => listen.parse(text)).toThrow();
  });
  test('names of variables keep their case; strange ones are refused', () => {
    expect(environment.parse('lower=a=b')).toEqual({ lower: 'a=b' });
    expect(() => environment.parse('A B=x')).toThrow();
    expect(() => environment.parse('1A=x')).toThrow();
  });
});

test.each<[string, Record<string, string>, number | string]>([
  ['the score', { score: '1.4' }, 1.4],
  ['that it is not known, where systemd cannot say it of a file', { score: '' }, 'unknown'],
  ['that it is not known, where nothing was looked at', { skipped: 'systemd-analyze' }, 'unknown'],
])('an answer says %s', (_name, facts, expected) => {
  const answer = new Answer();
  for (const [name, value] of Object.entries(facts)) answer.add(name, value);
  expect(told('web1', answer)).toBe(expected);
});

test('redact: values of variables that sound secret, and credentials in URLs', () => {
  const text = 'token=abcd1234 url=postgres://u:p4ss@db/x name=public key=line1 or line2';
  const given = { environment: { API_TOKEN: 'abcd1234', NAME: 'public' }, secretEnvironment: { X: 'line1\nline2' } };
  expect(redact(text, { ...given, credentials: {} })).toBe(
    'token=*** url=postgres://***@db/x name=public key=*** or ***',
  );
});

test('errors of several hosts are one, with every host in it', () => {
  const errors = ['a', 'b'].map(host => new SlipwayError('AUTH_REFUSED', `${host} refused`, { hint: 'Look.' }));
  expect(joinErrors(errors, 3)).toMatchObject({
    code: 'AUTH_REFUSED',
    message: '2 of 3 hosts failed: a refused; b refused',
    hint: 'Look.',
  });
  expect(joinErrors(errors.slice(0, 1), 3)).toBe(errors[0]);
  expect(joinErrors([...errors, new SlipwayError('X', 'c')], 3).code).toBe('HOSTS_FAILED');
});

describe('withNothingChanged', () => {
  test.each([
    ['Look there.', 'Nothing was changed on any host. Look there.'],
    ['Nothing was changed. Look there.', 'Nothing was changed. Look there.'],
  ])('%p becomes %p', (hint, expected) => {
    const error = withNothingChanged(new SlipwayError('X', 'message', { hint }));
    expect(error).toMatchObject({ code: 'X', message: 'message', hint: expected });
  });
});
