import type { UnitCheck } from '../check.ts';
import { ProbeFailure } from '../observation.ts';
import type { Trace } from '../trace.ts';
import type { AttemptOptions } from './attempt.ts';
import { runOn } from './on-host.ts';

const properties = [
  'LoadState',
  'ActiveState',
  'SubState',
  'MainPID',
  'NRestarts',
  'Result',
  'ExecMainStatus',
  'ExecMainStartTimestampMonotonic',
];

/** A login by SSH that is no session does not say where the user's manager is. */
const usersManager = [
  'sh',
  '-c',
  'XDG_RUNTIME_DIR=${XDG_RUNTIME_DIR:-/run/user/$(id -u)} exec systemctl --user "$@"',
  'sh',
] as const;

/** What systemd says of the unit. Its main process must stay the same one from one success to the next. */
export async function unit(check: UnitCheck, options: AttemptOptions, trace: Trace): Promise<string> {
  trace.enter('firstByte');
  const [program, ...before] = check.user ? usersManager : (['systemctl'] as const);
  const argv = [program, ...before, 'show', `--property=${properties.join(',')}`, '--', check.unit] as const;
  const done = await runOn(argv, check.on, options);
  trace.leave('firstByte');
  if (done.code !== 0) {
    const said = done.stderr.trim().split('\n')[0];
    throw new ProbeFailure('no-access', `systemctl ended with ${done.code}: ${said}`, { retriable: done.code === 1 });
  }
  return judgeUnit(check, propertiesOf(done.stdout), trace);
}

/** `Key=value` lines. */
export function propertiesOf(stdout: string): Readonly<Record<string, string>> {
  const lines = stdout.split('\n').filter(line => line.includes('='));
  return Object.fromEntries(
    lines.map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1).trim()]),
  );
}

/** @throws ProbeFailure for the first thing that is not as the check wants it */
export function judgeUnit(
  check: Pick<UnitCheck, 'unit' | 'state' | 'restarts'>,
  said: Readonly<Record<string, string>>,
  trace: Pick<Trace, 'anchor'>,
): string {
  const { LoadState = '', ActiveState = 'unknown', SubState = '', MainPID = '0', NRestarts = '0' } = said;
  const wrong = (detail: string, retriable = true) => new ProbeFailure('unit', detail, { retriable });
  if (LoadState === 'not-found') throw wrong(`there is no unit ${check.unit}`, false);
  if (LoadState === 'masked') throw wrong(`the unit ${check.unit} is masked`, false);
  const restarted = Number(NRestarts) === 1 ? 'restarted once' : `restarted ${NRestarts} times`;
  if (ActiveState !== check.state && SubState !== check.state) {
    const why = ActiveState === 'failed' ? ` (${said['Result']}, exit status ${said['ExecMainStatus']})` : '';
    throw wrong(
      `${check.unit} is ${ActiveState}/${SubState}${why}, ${restarted}; wanted: ${check.state}`,
      ActiveState !== 'failed',
    );
  }
  if (check.restarts !== undefined && Number(NRestarts) > check.restarts) {
    throw wrong(`${check.unit} was ${restarted}; wanted: at most ${check.restarts}`, false);
  }
  trace.anchor = `PID ${MainPID}, ${restarted}, started at ${said['ExecMainStartTimestampMonotonic'] ?? ''}`;
  return `${check.unit} is ${ActiveState}/${SubState}, PID ${MainPID}, ${restarted}`;
}
