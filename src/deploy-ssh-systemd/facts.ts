import type { Answer } from './agent.ts';
import type { HistoryEntry } from './history.ts';
import { parseHistory } from './history.ts';

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

/** What a host says of itself and of the service. */
export interface HostFacts {
  readonly machine: string;
  readonly root: boolean;
  /** 0 when there is no systemd. */
  readonly systemd: number;
  /** Bytes that are free where the releases go. */
  readonly space: number;
  readonly inodes: number;
  /** TCP ports that somebody listens on. */
  readonly listening: readonly number[];
  readonly lacking: readonly string[];
  readonly unit: UnitState;
  /** The unit file was made by us, for this directory. */
  readonly ours: boolean;
  /** `ours`, empty when there is none (or an empty one), else what is in it. */
  readonly directory: string;
  readonly current: string;
  readonly releases: readonly string[];
  readonly blobs: readonly string[];
  readonly history: readonly HistoryEntry[];
  readonly pending: readonly string[];
  /** Who deploys now; empty when nobody does. */
  readonly holder: string;
  /** Text of the installed unit file. */
  readonly unitFile: string;
  /** Names of the present release's environment variables. */
  readonly variables: readonly string[];
}

export function readFacts(answer: Answer): HostFacts {
  const words = (name: string) => answer.text(name).split(/\s+/).filter(Boolean);
  return {
    machine: answer.text('machine'),
    root: answer.text('uid') === '0',
    systemd: Number(/systemd (\d+)/.exec(answer.text('systemd'))?.[1] ?? 0),
    space: Number(answer.text('space')) * 1024,
    // some file systems count none
    inodes: /^\d+$/.test(answer.text('inodes')) ? Number(answer.text('inodes')) : Number.POSITIVE_INFINITY,
    listening: words('listening').map(hex => Number.parseInt(hex, 16)),
    lacking: answer.all('lacking'),
    unit: readUnitState(answer.text('unit')),
    ours: answer.text('ours') === 'yes',
    directory: answer.text('directory'),
    current: answer.text('current'),
    releases: words('releases'),
    blobs: words('blobs'),
    history: parseHistory(answer.text('history')),
    pending: words('pending'),
    holder: answer.text('locked') === 'yes' ? answer.text('holder') || 'unknown' : '',
    unitFile: answer.text('unit-file'),
    variables: words('variables'),
  };
}

export function readUnitState(text: string): UnitState {
  const lines = text.split('\n').filter(line => line.includes('='));
  const map = new Map(lines.map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
  const word = (name: string) => map.get(name) ?? '';
  const number = (name: string) => Number(map.get(name) || 0);
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
