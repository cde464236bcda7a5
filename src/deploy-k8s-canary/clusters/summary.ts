import { type Span, table } from '../../core/summary.ts';
import { formatDuration } from '../../core/units.ts';
import { renderSummary } from '../report.ts';
import { titleOf } from '../target.ts';
import type { Done } from './done.ts';
import { placeOf } from './place.ts';
import { serves, short, worst } from './verdict.ts';

/** The job summary; of several clusters a row each, and below what each alone would say. */
export function summaryOf(done: readonly Done[]): string {
  if (done.length === 1) return summaryOfOne(done[0]!);
  const { outcome: named } = done.find(({ outcome }) => outcome.workload !== '') ?? done[0]!;
  const rows = done.map(({ site, outcome }) => [
    site.name,
    String(site.wave),
    `\`${placeOf(site)}\``,
    outcome.state,
    serves(outcome),
    short(outcome.previous) || '–',
    timeOf(site.journal.spans),
    outcome.error?.code ?? '–',
  ]);
  const parts = done
    .filter(({ outcome }) => outcome.state !== 'not-begun')
    .map(one => `<details><summary>${one.site.name}</summary>\n\n${summaryOfOne(one)}\n\n</details>`);
  return [
    `### ${titleOf(named)} in ${done.length} clusters: ${worst(done)}`,
    table(['Cluster', 'Wave', 'Place', 'State', 'Serves', 'Before', 'Time', 'Why'], rows),
    ...parts,
  ].join('\n\n');
}

function summaryOfOne({ site, outcome }: Done): string {
  return renderSummary(placeOf(site), outcome, site.journal, site.options);
}

function timeOf(spans: readonly Span[]): string {
  if (spans.length === 0) return '–';
  return formatDuration(Math.max(...spans.map(({ end }) => end)) - Math.min(...spans.map(({ start }) => start)));
}
