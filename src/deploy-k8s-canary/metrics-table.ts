import { type Limits, type MetricRow, show } from '../core/statistics/index.ts';
import { table } from '../core/summary.ts';

/** What was compared: a row a metric and group, with its own evidence and what it means. */
export function metricsTable(rows: readonly MetricRow[], { alpha, beta }: Pick<Limits, 'alpha' | 'beta'>): string {
  return table(
    ['Metric', 'Group', 'New: bad / all', 'Old: bad / all', 'E(worse)', 'E(good)', 'Verdict'],
    rows.map(row => [
      row.metric,
      row.group || '–',
      `${row.canary.errors} / ${row.canary.requests}`,
      `${row.baseline.errors} / ${row.baseline.requests}`,
      show(row.harm),
      show(row.good),
      verdictOf(row, { alpha, beta }),
    ]),
  );
}

function verdictOf({ harm, good, canary, needed }: MetricRow, { alpha, beta }: Pick<Limits, 'alpha' | 'beta'>): string {
  if (canary.requests === 0) return 'no data';
  if (harm >= 1 / alpha) return 'worse';
  return good >= 1 / beta ? 'good' : `open; ${needed} more without a bad one would suffice`;
}
