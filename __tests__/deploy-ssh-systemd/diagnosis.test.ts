import { expect, test } from '@jest/globals';
import { type Observation, parseEveryCheck } from '../../src/core/health/index.ts';
import { diagnose, listensElsewhere } from '../../src/deploy-ssh-systemd/diagnosis.ts';
import { refusedCall } from '../../src/deploy-ssh-systemd/system-calls.ts';
import { readUnitState } from '../../src/deploy-ssh-systemd/unit-state.ts';

const record = (architecture: string, number: number) =>
  `audit: type=1326 audit(1795.1:7): auid=4294967295 uid=61 exe="/opt/slipway/hello/releases/v2/hello" sig=31 arch=${architecture} syscall=${number} compat=0 code=0x80000000`;

test.each([
  ['c000003e', 165, 'mount'],
  ['c00000b7', 40, 'mount'],
  ['c00000b7', 97, 'unshare'],
  ['c000003e', 9999, 'number 9999'],
  ['40000003', 21, 'number 21'],
])('the system call of an audit record: %s %d', (architecture, number, name) => {
  expect(refusedCall(record(architecture, number))).toBe(name);
});

test('no audit record, no system call', () => {
  expect(refusedCall('')).toBeUndefined();
});

const exited = (status: number) => ({ code: '1', status, result: 'exit-code' });
const killed = (status: number) => ({ code: '2', status, result: 'signal' });

test.each([
  ['listen tcp :8080: bind: address already in use', exited(1), '', /listens on its port/],
  ['listen tcp :443: bind: permission denied', exited(1), '', /"listen"/],
  ['socket: address family not supported by protocol', exited(1), '', /RestrictAddressFamilies=/],
  ['open /etc/x: read-only file system', exited(1), '', /ProtectSystem=strict.*STATE_DIRECTORY/],
  ['open /home/app/config: no such file or directory', exited(1), '', /ProtectHome=/],
  ['accept: too many open files', exited(1), '', /"limit-nofile"/],
  ['fork/exec: operation not permitted', exited(1), '', /EPERM.*SystemCallFilter=/],
  ['runtime: cannot allocate memory', exited(2), '', /"memory-max".*MemoryDenyWriteExecute/],
  ['', killed(31), record('c000003e', 165), /SystemCallFilter= forbids the system call mount: .*"unit-overrides"/],
  ['', killed(31), '', /SystemCallFilter= forbids a system call .*ausearch/],
  ['', { code: '2', status: 9, result: 'oom-kill' }, '', /want of memory.*"memory-max"/],
  ['', exited(203), '', /CGO_ENABLED=0/],
])('%s %j: what would change it', (journal, exit, audit, said) => {
  const found = diagnose({ exit, unit: undefined, journal, audit, elsewhere: [] });
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(said);
});

test('nothing is said where nothing is known', () => {
  const unit = readUnitState('ActiveState=failed\nResult=exit-code\n');
  expect(diagnose({ exit: exited(3), unit, journal: 'crashing', audit: '', elsewhere: [] })).toEqual([]);
});

test('a check that was refused, while it listens elsewhere', () => {
  const found = diagnose({ exit: undefined, unit: undefined, journal: '', audit: '', elsewhere: [8081, 9090] });
  expect(found).toEqual([expect.stringContaining('its process listens on port 8081 and 9090')]);
});

test.each([
  ['another port', 'http://127.0.0.1:8080/ 200', 'refused', [8081]],
  ['the port of the scheme', 'http://127.0.0.1/ 200', 'refused', [8081]],
  ['its own port, which it was slow to open', 'http://127.0.0.1:8081/ 200', 'refused', []],
  ['a place that answers', 'http://127.0.0.1:8080/ 200', 'status', []],
] as const)('a check of %s', (_, text, reason, found) => {
  const [check] = parseEveryCheck(text);
  const lastFailure = { reason } as Observation;
  expect(listensElsewhere([{ check: check!, verdict: 'failed', lastFailure }], [8081])).toEqual(found);
});
