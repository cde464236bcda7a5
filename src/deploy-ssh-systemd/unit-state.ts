/** systemd's properties of the unit that matter here; absent ones are empty or 0. */
export interface UnitState {
  readonly load: string;
  readonly active: string;
  readonly sub: string;
  /** Number of the job that is queued for it; empty when none is. */
  readonly job: string;
  readonly pid: number;
  readonly restarts: number;
  /** PID of the last main process, also after its end. */
  readonly last: number;
  readonly result: string;
  /** Exit code or signal number of the last main process. */
  readonly status: number;
  /** `1` exited, `2` killed, `3` dumped (waitid's si_code). */
  readonly code: string;
  readonly fragment: string;
  readonly invocation: string;
  /** Microseconds of the host's monotonic clock. */
  readonly entered: number;
  readonly left: number;
  /** What /proc/PID/exe points to. */
  readonly exe: string;
}

/** systemd's properties, a line `NAME=VALUE` each; an absent one is empty. */
export function keyValues(text: string): (name: string) => string {
  const lines = text.split('\n').filter(line => line.includes('='));
  const map = new Map(lines.map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
  return name => map.get(name) ?? '';
}

export function readUnitState(text: string): UnitState {
  const word = keyValues(text);
  const number = (name: string) => Number(word(name) || 0);
  return {
    load: word('LoadState'),
    active: word('ActiveState'),
    sub: word('SubState'),
    job: word('Job'),
    pid: number('MainPID'),
    restarts: number('NRestarts'),
    last: number('ExecMainPID'),
    result: word('Result'),
    status: number('ExecMainStatus'),
    code: word('ExecMainCode'),
    fragment: word('FragmentPath'),
    invocation: word('InvocationID'),
    entered: number('ActiveEnterTimestampMonotonic'),
    left: number('ActiveExitTimestampMonotonic'),
    exe: word('Exe'),
  };
}
