import { type Limits, show } from '../core/statistics/index.ts';
import { codeBlock, table, timeline } from '../core/summary.ts';
import { trendCharts } from './charts.ts';
import type { Journal } from './journal.ts';
import { metricsTable } from './metrics-table.ts';
import type { Outcome } from './outcome.ts';
import { stepName } from './progress.ts';
import { titleOf } from './target.ts';

/** The job summary: how it ended, the tables of steps and metrics, what was done when. */
export function renderSummary(place: string, outcome: Outcome, journal: Journal, limits: Limits): string {
  const { state, image, previous, error, identity, lines = [] } = outcome;
  const parts = [
    `### ${titleOf(outcome)} in ${place}: ${state}`,
    `Image \`${image}\`${previous === '' || previous === image ? '' : `, before \`${previous}\``}.`,
  ];
  if (error !== undefined) parts.push(`**${error.code}**: ${error.message}`);
  if (lines.length > 0) parts.push(codeBlock(lines.join('\n')));
  if (journal.rows.length > 0) parts.push(stepsTable(journal));
  if (journal.metrics.length > 0) parts.push(metricsTable(journal.metrics, limits));
  parts.push(...trendCharts(journal.trend.points, limits));
  if (identity !== undefined)
    parts.push(
      `${identity.pods.length} pods run \`${identity.pods[0]?.image ?? '–'}\`, identity ${identity.identity}.`,
    );
  if (journal.notes.length > 0) parts.push(journal.notes.map(note => `- ${note}`).join('\n'));
  if (journal.spans.length > 0) parts.push(timeline('Rollout', journal.spans));
  return parts.join('\n\n');
}

function stepsTable({ rows }: Journal): string {
  return table(
    [
      'Weight',
      'Share',
      'Ready',
      'New: failed / asked',
      'Old: failed / asked',
      'Router: failed / asked',
      'Observed',
      'E(worse)',
      'E(good)',
      'Verdict',
    ],
    rows.map(row => [
      stepName(row),
      row.share,
      String(row.ready),
      `${row.canary.errors} / ${row.canary.requests}`,
      `${row.baseline.errors} / ${row.baseline.requests}`,
      `${row.router.errors} / ${row.router.requests}`,
      row.observed === undefined ? '–' : `${(100 * row.observed).toFixed(1)} %`,
      show(row.harm),
      show(row.good),
      row.verdict,
    ]),
  );
}
