import type { UnitState } from './unit-state.ts';

/** What the unit's state means while a release is waiting to count. */
export type UnitVerdict =
  | { readonly kind: 'waiting'; readonly detail: string }
  | { readonly kind: 'up'; readonly pid: number }
  | { readonly kind: 'failed'; readonly detail: string };

/** One crash may be the old process still holding the port; a second one is the release's own. */
const crashesAllowed = 1;

/** How a release came in. */
export interface Entry {
  /** Of the release on the host; its main process must have been started from there, unless it was only reloaded. */
  readonly folder: string;
  /** `restart`, `reload` or `upgrade`. */
  readonly how: string;
  /** The main process before, and how often systemd had restarted it by itself; an explicit restart counts from 0. */
  readonly pidBefore: number;
  readonly restartsBefore: number;
}

/** A program may tell systemd that it is reloading: it serves on. */
export function isUp({ active }: UnitState): boolean {
  return active === 'active' || active === 'reloading';
}

/**
 * Pure. systemd counts restarts from the last explicit start on.
 */
export function judgeUnit(unit: UnitState, { folder, how, pidBefore, restartsBefore }: Entry): UnitVerdict {
  const exit = describeExit(unit);
  // the release before had to be killed, and the start that is queued has not begun
  if (unit.active === 'failed' && unit.job !== '') return { kind: 'waiting', detail: 'its start is queued' };
  if (unit.active === 'failed') return { kind: 'failed', detail: `the service failed: ${exit}` };
  // 200 and above are systemd's own: the program was never started, and trying again does not help
  if (unit.code === '1' && unit.status >= 200 && unit.status <= 243 && unit.pid === 0) {
    return { kind: 'failed', detail: `the service cannot be started: ${exit}` };
  }
  const crashes = unit.restarts - (how === 'restart' ? 0 : restartsBefore);
  if (crashes > crashesAllowed) return { kind: 'failed', detail: `the service keeps crashing (${crashes} restarts)` };
  if (how === 'reload' && unit.pid !== pidBefore)
    return { kind: 'failed', detail: `the process did not survive its reload: ${exit}` };
  if (isUp(unit) && unit.pid > 0) {
    // a crash loop's automatic restart may have started it just before ours
    if (unit.job !== '') return { kind: 'waiting', detail: 'its restart is queued' };
    if (how === 'reload') return { kind: 'up', pid: unit.pid };
    if (unit.exe.startsWith(`${folder}/`) && unit.pid !== pidBefore) return { kind: 'up', pid: unit.pid };
    const other = unit.exe.startsWith('another image') ? `it runs ${unit.exe}` : undefined;
    return { kind: 'waiting', detail: other ?? 'the process before is still running' };
  }
  if (unit.active === 'deactivating' && !unit.exe.startsWith(`${folder}/`)) {
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
