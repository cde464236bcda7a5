import type { TestRun } from '../../core/record/schema.ts';
import type { Problem } from '../problems.ts';

/** What came of one command. */
export interface Outcome {
  /** For the record; undefined where there was nothing to do. */
  readonly run?: TestRun;
  readonly failure?: { readonly error: unknown; readonly problems: readonly Problem[] };
}

export const testWithin = 60 * 60_000;

export const passed = (command: string, began: number): TestRun => ({
  command,
  result: 'passed',
  duration: Date.now() - began,
});

export const failed = (command: string, began: number): TestRun => ({ ...passed(command, began), result: 'failed' });
