import { messageOf, SlipwayError } from '../core/errors.ts';
import type { UnitFile } from '../core/host-agent/unit-files.ts';
import { formatDuration } from '../core/units.ts';
import { diagnose, listensElsewhere } from './diagnosis.ts';
import { type Downtime, downtimeOf } from './downtime.ts';
import type { Exposure } from './exposure.ts';
import type { GateVerdict } from './gate-host.ts';
import type { HostSession } from './host-session.ts';
import type { Outcome } from './outcome.ts';
import { redact } from './redact.ts';
import type { Settings } from './settings.ts';
import type { Steps } from './steps.ts';
import { readUnitState, type UnitState } from './unit-state.ts';
import { describeExit, readEnd } from './unit-verdict.ts';

/** A release that is switched to and not yet confirmed. */
export interface Switched {
  readonly place: string;
  readonly release: string;
  readonly previous: string;
  readonly binary: string | undefined;
  readonly image?: string | undefined;
  readonly started: number;
  readonly token: string;
  /** When the switch was asked for; milliseconds since the epoch. */
  readonly since: number;
  readonly steps: Steps;
  readonly exposure: Exposure;
}

/** After a cancel the runner gives us 7.5 s. */
const revertTimeout = 60_000;

/** @param unitFiles what systemd has loaded: an audit looks later whether it still is that */
export function concluded(
  switched: Switched,
  settings: Settings,
  verdict: GateVerdict,
  unitFiles: readonly UnitFile[],
): Outcome {
  const downtime =
    switched.previous === '' || verdict.how === 'timer'
      ? undefined
      : verdict.how === 'restart'
        ? downtimeOf(verdict.unit, {
            type: settings.type,
            switched: switched.since,
            firstHealthy: verdict.firstHealthy,
          })
        : ({ ms: 0, measuredBy: 'systemd' } as const); // the process never left
  return {
    ...placeOf(switched),
    state: 'healthy',
    serving: switched.release,
    changed: true,
    ended: Date.now(),
    spans: switched.steps.spans,
    evidence: {
      exposure: switched.exposure,
      runningSha256: verdict.running,
      unitFiles,
      mainPid: verdict.unit?.pid,
      entered: verdict.how === 'restart' && settings.restartMethod === 'socket' ? 'socket' : verdict.how,
      ...downtimeEvidence(downtime),
      ...(verdict.timer === undefined ? {} : { timer: verdict.timer }),
      checks: checksOf(verdict),
    },
  };
}

/** Takes a switched release back and says what serves now. Uses a signal of its own: a cancelled run takes back, too. */
export async function takenBack(
  session: HostSession,
  switched: Switched,
  settings: Settings,
  verdict: GateVerdict & { readonly cause?: SlipwayError },
): Promise<Outcome> {
  const signal = AbortSignal.timeout(revertTimeout);
  const failedUnit = verdict.unit;
  let result = '';
  let trouble: unknown;
  let unit = failedUnit;
  const { journal, ended, audit, listens } = await journalOf(session, switched, settings, signal);
  try {
    const answer = await switched.steps.run('rollback', () =>
      session.ask('revert', [switched.token, 'unhealthy'], { signal, timeout: revertTimeout }),
    );
    result = answer.text('result');
    unit = readUnitState(answer.text('unit'));
  } catch (error) {
    trouble = error;
  }
  const [word, , what] = result.split(' ');
  const base = { ...placeOf(switched), changed: true, ended: Date.now(), spans: switched.steps.spans, journal };
  // between two looks it may have ended and started again: the journal knows
  const last = verdict.exited ?? ((failedUnit?.restarts ?? 0) > 0 ? readEnd(ended) : undefined);
  const exit = last === undefined ? undefined : describeExit(last);
  const elsewhere = listensElsewhere(verdict.checks, listens);
  const symptoms = { exit: last, unit: failedUnit, journal: `${journal}\n${ended}`, audit, elsewhere };
  const advice = diagnose(symptoms);
  const downtime =
    what === 'old' && verdict.how !== 'timer' && verdict.how !== 'blue-green'
      ? downtimeOf(unit, {
          type: 'notify',
          left: verdict.left ?? 0,
          switched: switched.since,
          firstHealthy: Date.now(),
        })
      : undefined;
  const evidence = {
    exposure: switched.exposure,
    reason: verdict.detail,
    exit,
    unit: stateOf(failedUnit),
    advice,
    journal: journal.split('\n').slice(-20),
    ...downtimeEvidence(downtime),
    checks: checksOf(verdict),
  };
  const fail = (state: 'rolled-back' | 'failed', serving: string | undefined, now: string, hint: string): Outcome => ({
    ...base,
    state,
    serving,
    evidence,
    error: new SlipwayError(
      verdict.cause?.code ?? 'GATE_FAILED',
      `${switched.place}: ${switched.release} did not pass: ${verdict.detail}${exit === undefined || verdict.detail.includes(exit) ? '' : `: ${exit}`}; ${now}`,
      { hint, cause: verdict.cause },
    ),
  });
  const look = ['The last lines of its journal are in the log above.', ...advice].join(' ');
  if (result === 'confirmed') return fail('failed', switched.release, `it was confirmed all the same and serves`, look);
  if (word === 'unswitched')
    return {
      ...fail('failed', switched.previous, 'nothing was switched', verdict.cause?.hint ?? look),
      changed: false,
    };
  if (word === 'reverted' && what === 'old' && switched.release === switched.previous)
    return fail('failed', switched.previous, 'it was a restart: there is no other release to go back to', look);
  if (word === 'reverted' && what === 'old')
    return fail(
      'rolled-back',
      switched.previous,
      `rolled back, ${switched.previous} serves again${downtime ? ` after ${formatDuration(downtime.ms)}` : ''}`,
      look,
    );
  if (word === 'reverted' && what === 'none')
    return fail('failed', '', 'there was no release before: the service was stopped and removed', look);
  if (word === 'reverted')
    return fail('failed', '', `rolled back to ${switched.previous}, which does not come up either`, look);
  const why = trouble === undefined ? 'the host did not say how it ended' : messageOf(trouble);
  return fail(
    'failed',
    undefined,
    `whether it was taken back is not known (${why})`,
    `The host takes it back by itself within ${formatDuration(settings.healthyDeadline + 10_000)} after the switch; look with mode: status.`,
  );
}

async function journalOf(
  session: HostSession,
  switched: Switched,
  settings: Settings,
  signal: AbortSignal,
): Promise<{ journal: string; ended: string; audit: string; listens: number[] }> {
  try {
    const answer = await session.ask('journal', [switched.token, '50'], { signal, timeout: 10_000 });
    const [ended, audit] = [answer.text('ended'), answer.text('audit')];
    const listens = answer.lines('listens').map(hex => Number.parseInt(hex, 16));
    return { journal: redact(answer.text('journal'), settings), ended, audit, listens };
  } catch {
    return { journal: '', ended: '', audit: '', listens: [] };
  }
}

/** `activating (auto-restart), 2 restarts`: the unit when its state was last seen before it was taken back. */
function stateOf(unit: UnitState | undefined): string | undefined {
  if (unit === undefined) return undefined;
  return `${unit.active} (${unit.sub})${unit.restarts === 0 ? '' : `, ${unit.restarts} restart${unit.restarts === 1 ? '' : 's'}`}`;
}

function placeOf({ place, release, previous, binary, image, started }: Switched) {
  return { place, release, previous, binary, image, started };
}

function downtimeEvidence(downtime: Downtime | undefined) {
  return downtime === undefined ? {} : { downtimeMs: downtime.ms, downtimeMeasuredBy: downtime.measuredBy };
}

function checksOf(verdict: GateVerdict) {
  return verdict.checks.map(({ check, verdict: seen, reason, attempts, failures }) => ({
    name: check.name,
    verdict: seen,
    reason,
    attempts,
    failures,
  }));
}
