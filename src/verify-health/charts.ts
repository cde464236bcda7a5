import { chart } from '../core/report/chart.ts';
import { formatDuration } from '../core/units.ts';
import type { Finding } from './finding.ts';

/** No more than these: a summary is read, not scrolled. */
const most = 6;
/** Below this a chart says less than the table. */
const leastPoints = 4;

/** What is worth a chart: what failed first. */
export function charted(findings: readonly Finding[]): Finding[] {
  return findings
    .filter(one => (one.series ?? []).length >= leastPoints)
    .sort((a, b) => Number(a.verdict === 'passed') - Number(b.verdict === 'passed'))
    .slice(0, most);
}

/** Mermaid charts of what took how long, and of what was there, over time. Pure. */
export function charts(findings: readonly Finding[]): string[] {
  return charted(findings).flatMap(({ name, series }) => {
    const buckets = series!;
    const times = buckets.map(one => formatDuration(one.from));
    const slowest = buckets.map(one => Math.round(one.slowest));
    const available = buckets.map(one => Math.round(((one.attempts - one.failures) / one.attempts) * 100));
    const failed = buckets.some(one => one.failures > 0);
    const slow = { title: `${name}: slowest attempt (ms)`, times, unit: 'ms', to: Math.max(...slowest, 1) };
    const there = { title: `${name}: availability (%)`, times, unit: '%', to: 100 };
    return [
      ...(slowest.some(ms => ms > 0) ? [chart({ ...slow, lines: [{ form: 'line', values: slowest }] })] : []),
      ...(failed ? [chart({ ...there, lines: [{ form: 'bar', values: available }] })] : []),
    ];
  });
}
