import type { Answer } from '../../core/host-agent/answer.ts';
import { formatDuration } from '../../core/units.ts';
import { keyValues, type UnitState } from '../unit-state.ts';
import { describeExit } from '../unit-verdict.ts';

/** What systemd says of a job's timer. Times are milliseconds since the epoch. */
export interface TimerState {
  readonly active: string;
  /** Undefined when it never comes again. */
  readonly next: number | undefined;
  /** When it last came; undefined when it never did. */
  readonly last: number | undefined;
  /** Of the last run, by the timer or by hand; undefined where systemd has forgotten it (a reboot), or there was none. */
  readonly began: number | undefined;
  /** Of the last run that is over. */
  readonly ended: number | undefined;
}

/** The last run in a word or two, and whether it is a failure. */
export interface LastRun {
  readonly result: 'succeeded' | 'failed' | 'under way' | 'unknown' | 'none';
  readonly words: string;
}

/** Undefined where the service has no timer of ours. */
export function readTimerState(answer: Answer): TimerState | undefined {
  const text = answer.text('timer');
  if (text === '') return undefined;
  const word = keyValues(`${text}\n${answer.text('run')}`);
  return {
    active: word('ActiveState'),
    next: timeOf(word('NextElapseUSecRealtime')),
    last: timeOf(word('LastTriggerUSec')),
    began: timeOf(word('ExecMainStartTimestamp')),
    ended: timeOf(word('ExecMainExitTimestamp')),
  };
}

/** `Sat 2026-11-28 18:30:00 UTC`, as systemd writes it. */
function timeOf(text: string): number | undefined {
  const [, day, time] = /(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) UTC$/.exec(text) ?? [];
  return day === undefined ? undefined : Date.parse(`${day}T${time}Z`);
}

/** Whether it counts: it is active, and has a next run. */
export function counts(timer: TimerState): boolean {
  // while a run is under way it has not made out yet when the next one is
  return timer.active === 'active' && timer.next !== undefined;
}

/** Pure. */
export function lastRunOf(unit: UnitState, { last, began, ended }: TimerState): LastRun {
  if (unit.active === 'activating' || unit.active === 'deactivating')
    return { result: 'under way', words: `a run is under way since ${at(began)}` };
  if (began !== undefined && ended !== undefined) {
    const took = `at ${at(began)}, ${formatDuration(ended - began)}`;
    return unit.active === 'failed'
      ? { result: 'failed', words: `the last run failed (${describeExit(unit)}; ${took})` }
      : { result: 'succeeded', words: `the last run succeeded (${took})` };
  }
  if (last !== undefined)
    return { result: 'unknown', words: `the last run was at ${at(last)}; how it ended is in the journal only` };
  return { result: 'none', words: 'it has not run yet' };
}

/** For the record: that it is a job, when it comes next (milliseconds since the epoch), and what its last run was. */
export interface JobEvidence {
  readonly timer?: { readonly next: number | undefined; readonly lastRun: LastRun['result'] };
}

/** Pure. */
export function evidenceOf(unit: UnitState, timer: TimerState | undefined): JobEvidence {
  return timer === undefined ? {} : { timer: { next: timer.next, lastRun: lastRunOf(unit, timer).result } };
}

/** `2026-11-28 18:30:00 UTC`. */
export function at(time: number | undefined): string {
  if (time === undefined) return 'an unknown time';
  return `${new Date(time).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
