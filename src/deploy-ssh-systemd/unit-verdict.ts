import type { UnitState } from './facts.ts';

/** What the unit's state means while a release is waiting to count. */
export type UnitVerdict =
  | { readonly kind: 'waiting'; readonly detail: string }
  | { readonly kind: 'up'; readonly pid: number }
  | { readonly kind: 'failed'; readonly detail: string };

/** One crash may be the old process still holding the port; a second one is the release's own. */
const crashesAllowed = 1;

/**
 * @param release folder of the new release on the host: its main process must have been started from there
 * Pure. systemd counts restarts from the last explicit start on.
 */
export function judgeUnit(unit: UnitState, release: string): UnitVerdict {
  const exit = describeExit(unit);
  if (unit.active === 'failed') return { kind: 'failed', detail: `the service failed: ${exit}` };
  // 200 and above are systemd's own: the program was never started, and trying again does not help
  if (unit.code === '1' && unit.status >= 200 && unit.status <= 243 && unit.pid === 0) {
    return { kind: 'failed', detail: `the service cannot be started: ${exit}` };
  }
  if (unit.restarts > crashesAllowed)
    return { kind: 'failed', detail: `the service keeps crashing (${unit.restarts} restarts)` };
  if (unit.active === 'active' && unit.pid > 0) {
    // a crash loop's automatic restart may have started it just before ours
    if (unit.job !== '') return { kind: 'waiting', detail: 'its restart is queued' };
    if (unit.exe.startsWith(`${release}/`)) return { kind: 'up', pid: unit.pid };
    return { kind: 'waiting', detail: 'the process before is still running' };
  }
  if (unit.active === 'deactivating' && !unit.exe.startsWith(`${release}/`)) {
    return { kind: 'waiting', detail: `the release before does not end (${unit.sub})` };
  }
  return {
    kind: 'waiting',
    detail: `the service is ${unit.active} (${unit.sub})${unit.sub === 'auto-restart' ? `: ${exit}` : ''}`,
  };
}

/** Whether systemd says how the main process ended; from its next start on it does not. */
export function hasExited(unit: UnitState): boolean {
  return ['1', '2', '3'].includes(unit.code) || unit.result === 'timeout';
}

/** The same from the line that systemd writes to the journal; undefined where it is none. */
export function readEnd(line: string): Exit | undefined {
  const [, how, status] = /: Main process exited, code=(exited|killed|dumped), status=(\d+)\//.exec(line) ?? [];
  if (how === undefined) return undefined;
  return { code: { exited: '1', killed: '2', dumped: '3' }[how]!, status: Number(status), result: '' };
}

export type Exit = Pick<UnitState, 'code' | 'status' | 'result'>;

/** `exit code 1`, `killed by signal 9`, with what systemd's own codes mean (systemd.exec(5)). */
export function describeExit(unit: Exit): string {
  if (unit.code === '2' || unit.code === '3') {
    const meaning = {
      6: 'SIGABRT',
      9: 'SIGKILL; out of memory?',
      11: 'SIGSEGV',
      15: 'SIGTERM',
      31: 'SIGSYS: a system call that the unit’s SystemCallFilter forbids',
    };
    const name = (meaning as Record<number, string>)[unit.status];
    return `killed by signal ${unit.status}${name === undefined ? '' : ` (${name})`}`;
  }
  const own: Record<number, string> = {
    203: 'the binary cannot be executed on this host',
    216: 'a group that its unit names does not exist',
    217: 'the user of `run-as` does not exist',
    226: 'its file system view cannot be set up',
    238: 'its state directory cannot be made',
  };
  const words = own[unit.status];
  if (unit.result === 'timeout') return 'it did not become ready in time';
  return `exit code ${unit.status}${words === undefined ? '' : ` (${words})`}`;
}
