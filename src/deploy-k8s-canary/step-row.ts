import { SlipwayError } from '../core/errors.ts';
import type { StepRow } from './journal.ts';

/** A step that fails says why in its row. */
export async function marking<T>(row: StepRow, task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    row.verdict = error instanceof SlipwayError ? error.code : 'ended';
    throw error;
  }
}

export function newRow(weight: number): StepRow {
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
