import { sleep } from '../core/deadline.ts';
import { SlipwayError } from '../core/errors.ts';
import { type CheckResult, gate } from '../core/health/index.ts';
import type { Answer } from '../core/host-agent/answer.ts';
import { formatDuration } from '../core/units.ts';
import type { HostSession } from './host-session.ts';
import { watchRequest } from './requests.ts';
import type { Settings } from './settings.ts';
import { whileSteady } from './steady.ts';
import type { JobEvidence } from './timer/timer-state.ts';
import { readUnitState, type UnitState } from './unit-state.ts';
import { describeExit, hasExited, isUp, judgeUnit } from './unit-verdict.ts';

/** What the gate saw, and what it means. */
export interface GateVerdict extends JobEvidence {
  readonly healthy: boolean;
  /** One line; why not, when not healthy. */
  readonly detail: string;
  /** The host took the release back by itself meanwhile. */
  readonly taken?: boolean;
  readonly unit?: UnitState;
  /** The unit when it last said how the release's process ended: while the next try is starting, systemd shows 0. */
  readonly exited?: UnitState;
  readonly checks: readonly CheckResult[];
  /** The host's monotonic time (microseconds) at which the release before left; undefined when that was not seen. */
  readonly left?: number;
  /** Milliseconds since the epoch, by the runner's clock: when all checks were healthy for the first time. */
  readonly firstHealthy?: number;
  /** What the host did: `restart`, `reload`, `upgrade` or `timer`. */
  readonly how?: string;
  /** sha256 of the bytes that the main process runs. */
  readonly running?: string;
  /** The process that passed. */
  readonly up?: { readonly pid: number; readonly restarts: number };
}

export interface Gated {
  readonly token: string;
  readonly id: string;
  /** What the process must be. */
  readonly sha256: string;
  /** When the switch was asked for, milliseconds since the epoch. */
  readonly since: number;
  /** When the unit had left the state "active" for the last time before the switch. */
  readonly leftBefore: number;
  /** The main process before the switch, 0 when there was none: how that one ends says nothing of the release. */
  readonly pidBefore: number;
  readonly restartsBefore: number;
  /** Answer to the first look, which was asked for together with the switch. */
  readonly first: Promise<Answer>;
}

/**
 * Waits until the new release is up, then until all checks have been healthy for `min-healthy-time`, probed from the host
 * itself, while its main process, which must be the very binary, stays the same one. Ends with a verdict
 * before `healthy-deadline`: that of the host's own timer comes later.
 *
 * @throws the signal's reason, or what made the host unreachable
 */
export async function gateHost(
  session: HostSession,
  release: Gated,
  settings: Settings,
  signal: AbortSignal,
): Promise<GateVerdict> {
  const seen: { left?: number; exited?: UnitState; how?: string } = {};
  const verdict = await judged(session, release, settings, signal, (unit, result) => {
    if (result.startsWith('switched ')) seen.how = result.slice(9);
    if (unit.left > 0 && unit.left !== release.leftBefore) seen.left ??= unit.left;
    if (hasExited(unit) && unit.last !== release.pidBefore) seen.exited = unit;
  });
  return { ...verdict, ...seen };
}

async function judged(
  session: HostSession,
  release: Gated,
  settings: Settings,
  signal: AbortSignal,
  onUnit: (unit: UnitState, result: string) => void,
): Promise<GateVerdict> {
  const left = () => settings.healthyDeadline - (Date.now() - release.since);
  const folder = `${settings.directory}/releases/${release.id}`;
  let first: Promise<Seen> | undefined = release.first.then(read);
  let up: { pid: number; restarts: number } | undefined;
  let running = '';
  let started: UnitState | undefined;
  while (up === undefined) {
    const wait = { hash: true, wait: left() - settings.minHealthyTime };
    // the first look may have been lost with the connection
    const again = () => look(session, release.token, signal, wait);
    const { result, unit, sha256 } = await (first?.catch(again) ?? again());
    first = undefined;
    onUnit(unit, result);
    const ended = endedBy(result, unit);
    if (ended !== undefined) return ended;
    const said = result.startsWith('switched ')
      ? judgeUnit(unit, { ...release, folder, how: result.slice(9) })
      : ({ kind: 'waiting', detail: 'the switch is under way' } as const);
    // it may have ended while the host looked at it: then the next look says how
    const isUnread = said.kind === 'up' && sha256 === '';
    const seen = isUnread ? ({ kind: 'waiting', detail: 'what it runs cannot be read' } as const) : said;
    if (seen.kind === 'up') [up, running, started] = [{ pid: seen.pid, restarts: unit.restarts }, sha256, unit];
    else if (seen.kind === 'failed') return { healthy: false, detail: seen.detail, unit, checks: [] };
    else if (left() <= settings.minHealthyTime) {
      return {
        healthy: false,
        detail: `not up within ${formatDuration(settings.healthyDeadline)}: ${seen.detail}`,
        unit,
        checks: [],
      };
    } else await sleep(50, signal);
  }
  if (running !== release.sha256) {
    const detail = `the process runs ${running}, not the binary ${release.sha256}`;
    return { healthy: false, detail, checks: [], running };
  }
  // confirming looks whether it is still that process: where nothing is waited for, that is enough
  if (settings.minHealthyTime === 0 && settings.checks.length === 0)
    return { healthy: true, detail: 'healthy', unit: started!, checks: [], up, running };
  return { ...(await held(session, release, settings, up, { left, onUnit }, signal)), up, running };
}

async function held(
  session: HostSession,
  release: Gated,
  settings: Settings,
  up: { pid: number; restarts: number },
  { left, onUnit }: { left: () => number; onUnit: (unit: UnitState, result: string) => void },
  parent: AbortSignal,
): Promise<GateVerdict> {
  const began = Date.now();
  let last: UnitState | undefined;
  const { done: outcome, fell } = await whileSteady(
    signal => probe(session, settings, left(), signal),
    async () => {
      // the host looks, and says so at once when it falls; at the end of the time we ask
      const wait = began + settings.minHealthyTime - Date.now();
      const { result, unit } = await look(session, release.token, parent, { wait, steady: up });
      onUnit(unit, result);
      last = unit;
      return endedBy(result, unit) ?? unstable(unit, up);
    },
    parent,
  );
  if (fell !== undefined) return fell;
  const checks = outcome?.checks ?? [];
  const firsts = checks.map(check => check.firstSuccess ?? 0);
  const found = {
    ...(last === undefined ? {} : { unit: last }),
    checks,
    ...(checks.length > 0 ? { firstHealthy: began + Math.max(...firsts) } : {}),
  };
  const failed = checks.find(check => check.verdict !== 'passed');
  if (failed !== undefined) return { ...found, healthy: false, detail: `${failed.check.name}: ${failed.detail}` };
  return { ...found, healthy: true, detail: 'healthy' };
}

async function probe(session: HostSession, settings: Settings, deadline: number, signal: AbortSignal) {
  const hold = settings.minHealthyTime;
  if (settings.checks.length === 0) {
    await sleep(hold, signal);
    return { checks: [] };
  }
  if (deadline <= hold) throw new SlipwayError('DEADLINE', 'no time is left for the checks');
  return gate(settings.checks, {
    deadline,
    hold,
    patient: true, // a service that is just starting answers with all kinds of errors
    signal,
    connect: (host, port, inner) => session.stream(host, port, inner),
  });
}

interface Seen {
  readonly result: string;
  readonly unit: UnitState;
  readonly sha256: string;
}

function read(answer: Answer): Seen {
  return { result: answer.text('result'), unit: readUnitState(answer.text('unit')), sha256: answer.text('sha256') };
}

async function look(
  session: HostSession,
  token: string,
  signal: AbortSignal,
  options: Parameters<typeof watchRequest>[1],
): Promise<Seen> {
  return read((await session.askAll([watchRequest(token, options)], signal))[0]!);
}

/** The switch failed, or the host has taken the release back. */
export function endedBy(result: string, unit: UnitState): GateVerdict | undefined {
  if (result.startsWith('failed'))
    return { healthy: false, detail: `the switch failed on the host: ${result.slice(7)}`, unit, checks: [] };
  if (result.startsWith('reverted'))
    return {
      healthy: false,
      detail: `the host took it back by itself (${result.slice(9)})`,
      taken: true,
      unit,
      checks: [],
    };
  return undefined;
}

function unstable(unit: UnitState, up: { pid: number; restarts: number }): GateVerdict | undefined {
  if (unit.pid === up.pid && unit.restarts === up.restarts && isUp(unit)) return undefined;
  const exit = hasExited(unit) ? `${describeExit(unit)}, ` : '';
  const detail = `it was up and fell within min-healthy-time: ${exit}now ${unit.active} (${unit.sub})`;
  return { healthy: false, detail, unit, checks: [] };
}
