import { sleep } from '../../core/deadline.ts';
import { formatDuration } from '../../core/units.ts';
import { endedBy, type Gated, type GateVerdict } from '../gate-host.ts';
import type { HostSession } from '../host-session.ts';
import { runRequest, watchRequest } from '../requests.ts';
import type { Settings } from '../settings.ts';
import { readUnitState, type UnitState } from '../unit-state.ts';
import { describeExit } from '../unit-verdict.ts';
import { counts, evidenceOf, readTimerState, type TimerState } from './timer-state.ts';

const pause = 300;

interface Seen {
  readonly result: string;
  readonly unit: UnitState;
  readonly timer: TimerState | undefined;
  readonly sha256: string;
}

/**
 * Waits until the timer counts and its program is the very binary; with `run`, until one run of it has succeeded; then
 * for `min-healthy-time`, in which no run may fail. Ends with a verdict before `healthy-deadline`.
 *
 * @param run whether it is to run once, now
 * @throws the signal's reason, or what made the host unreachable
 */
export async function gateJob(
  session: HostSession,
  release: Gated,
  run: boolean,
  settings: Settings,
  signal: AbortSignal,
): Promise<GateVerdict> {
  const left = () => settings.healthyDeadline - (Date.now() - release.since);
  let last = await look(session, release.token, signal, release.first);
  const verdict = (healthy: boolean, detail: string): GateVerdict => {
    const { unit, sha256, timer } = last;
    return {
      healthy,
      detail,
      unit,
      checks: [],
      running: sha256,
      how: 'timer',
      ...evidenceOf(unit, timer),
      up: { pid: 0, restarts: 0 },
    };
  };
  /** Looks until it is so; else why not. */
  const until = async (isSo: (seen: Seen) => boolean, what: string, spare = 0): Promise<GateVerdict | undefined> => {
    for (;;) {
      const ended = endedBy(last.result, last.unit);
      if (ended !== undefined) return ended;
      if (isSo(last)) return undefined;
      if (left() <= spare) return verdict(false, `${what} within ${formatDuration(settings.healthyDeadline)}`);
      await sleep(pause, signal);
      last = await look(session, release.token, signal);
    }
  };

  const hold = settings.minHealthyTime;
  const isSwitched = ({ result, timer }: Seen) => result.startsWith('switched ') && timer?.active === 'active';
  const late = await until(isSwitched, 'its timer is not active', hold);
  if (late !== undefined) return late;
  if (last.sha256 !== release.sha256)
    return verdict(false, `the job would run ${last.sha256 || 'an unknown file'}, not the binary ${release.sha256}`);
  let before = last.unit.invocation;
  if (run) {
    const busy = await until(({ unit }) => !isRunning(unit), 'a run of the release before did not end', hold);
    if (busy !== undefined) return busy;
    before = last.unit.invocation;
    await session.askAll([runRequest(release.token)], signal);
    const over = ({ unit }: Seen) => unit.invocation !== before && !isRunning(unit);
    const slow = await until(over, 'its run did not end', hold);
    if (slow !== undefined) return slow;
    if (hasFailed(last.unit)) return verdict(false, `its run failed: ${describeExit(last.unit)}`);
    before = last.unit.invocation;
  }
  const began = Date.now();
  const failed = ({ unit }: Seen) => unit.invocation !== before && !isRunning(unit) && hasFailed(unit);
  const held = await until(seen => failed(seen) || Date.now() - began >= hold, 'it did not hold');
  if (held !== undefined) return held;
  if (failed(last)) return verdict(false, `a run within min-healthy-time failed: ${describeExit(last.unit)}`);
  // it makes out its next run when the present one is over
  const uncounted = await until(
    ({ timer, unit }) => timer !== undefined && (counts(timer) || isRunning(unit)),
    'its timer has no next run',
  );
  return uncounted ?? verdict(true, 'healthy');
}

function isRunning({ active, job }: UnitState): boolean {
  return active === 'activating' || active === 'deactivating' || job !== '';
}

function hasFailed({ active }: UnitState): boolean {
  return active === 'failed';
}

/** The first look was asked for together with the switch, and may have been lost with the connection. */
async function look(session: HostSession, token: string, signal: AbortSignal, first?: Gated['first']): Promise<Seen> {
  const again = async () => (await session.askAll([watchRequest(token, { hash: true, wait: 1000 })], signal))[0]!;
  const answer = await (first?.catch(again) ?? again());
  const unit = readUnitState(answer.text('unit'));
  return { result: answer.text('result'), unit, timer: readTimerState(answer), sha256: answer.text('sha256') };
}
