import { SlipwayError } from '../core/errors.ts';
import { Interruption } from './interruption.ts';
import type { Journal, StepRow } from './journal.ts';

/** A step that fails says why in its row. */
export async function marking<T>(row: StepRow, task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    const ended = error instanceof Interruption ? error.kind : 'ended';
    row.verdict = error instanceof SlipwayError ? error.code : ended;
    throw error;
  }
}

/** The row of a step: of one that another run began, the one that it wrote. */
export function rowOf({ rows }: Journal, weight: number): StepRow {
  const known = rows.at(-1);
  if (known?.weight === weight) return known;
  const row = newRow(weight);
  rows.push(row);
  return row;
}

function newRow(weight: number): StepRow {
  const none = { requests: 0, errors: 0 };
  return {
    weight,
    share: '',
    ready: 0,
    canary: none,
    baseline: none,
    router: none,
    harm: 1,
    good: 1,
    verdict: 'under way',
  };
}

/** As JSON can hold it, which has no infinity. */
export function plainRow<Row extends Pick<StepRow, 'harm' | 'good'>>(row: Row): Row {
  const finite = (e: number) => Math.min(e, Number.MAX_VALUE);
  return { ...row, harm: finite(row.harm), good: finite(row.good) };
}
