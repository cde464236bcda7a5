import { describe } from '../../core/errors.ts';
import type { TestRun } from '../../core/record/schema.ts';
import { table } from '../../core/summary.ts';
import { formatDuration } from '../../core/units.ts';

/** What the job summary says of the tests; of a failure its first lines. */
export function testSummary(runs: readonly TestRun[], error?: unknown): string {
  const rows = runs.map(({ command, result, duration, packages, tests }) => [
    `\`${command}\``,
    result,
    packages === undefined ? '' : String(packages),
    tests === undefined ? '' : String(tests),
    formatDuration(duration),
  ]);
  const shown = table(['Command', 'Result', 'Packages', 'Tests', 'Time'], rows);
  if (error === undefined) return shown;
  return ['### Tests failed, nothing was built', shown, ['```text', describe(error), '```'].join('\n')].join('\n\n');
}
