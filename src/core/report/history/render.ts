import type { Entry } from '../../records/entry.ts';
import { formatDuration } from '../../units.ts';
import { type Drawing, drawing, roundTop } from '../drawing.ts';
import { badge, escapeHtml, htmlTable } from '../markup.ts';
import { definitions, type Measures, type Times } from './measures.ts';

const names = {
  leadTime: 'Lead time',
  frequency: 'Deployment frequency',
  failures: 'Change failure rate',
  restore: 'Time to restore',
} as const;

/** The four measures, each with what it is made from. */
export function figures({ leadTime, frequency, failures, restore }: Measures): string {
  const { deployments, days, perWeek } = frequency;
  const open = restore.open.length === 0 ? '' : `; not restored yet: ${restore.open.join(', ')}`;
  const all: [keyof typeof names, string, string][] = [
    ['leadTime', timeText(leadTime.median), `median of ${leadTime.of.length}`],
    ['frequency', `${rounded(perWeek)} a week`, `${deployments} in ${rounded(days)} days`],
    [
      'failures',
      failures.rate === undefined ? '–' : `${rounded(100 * failures.rate)} %`,
      `${failures.failed} of ${failures.deployments}`,
    ],
    ['restore', timeText(restore.median), `median of ${restore.of.length}${open}`],
  ];
  const one = ([name, value, from]: (typeof all)[number]) =>
    `<div><dt>${names[name]}</dt><dd class="figure">${value}</dd><dd class="soft">${escapeHtml(from)}</dd></div>`;
  return `<dl>${all.map(one).join('')}</dl>`;
}

/** What the measures mean, with their source. */
export function meanings(): string {
  const one = (name: keyof typeof names) => `<div><dt>${names[name]}</dt><dd>${definitions[name]}</dd></div>`;
  const keys = Object.keys(names) as (keyof typeof names)[];
  return `<p>The four measures of DORA (dora.dev/guides/dora-metrics-four-keys), from what was written down at each deployment and verification.</p><dl>${keys.map(one).join('')}</dl>`;
}

/** @param entries newest first */
export function measureDrawings({ leadTime, restore }: Measures, entries: readonly Entry[]): string {
  const drawings = [
    ...timesDrawing('Lead time by version', leadTime),
    ...frequencyDrawing(entries),
    ...timesDrawing('Time to restore by version that failed', restore),
  ];
  return drawings.length === 0 ? '' : `<div class="charts">${drawings.map(drawing).join('')}</div>`;
}

const [minute, hour, day] = [60_000, 3_600_000, 86_400_000];

function timesDrawing(title: string, { median, of }: Times): Drawing[] {
  if (median === undefined || of.length < 2) return [];
  const longest = Math.max(...of.map(({ ms }) => ms));
  const [unit, by] = longest >= 2 * day ? [' d', day] : longest >= 2 * hour ? [' h', hour] : [' min', minute];
  return [
    {
      title,
      says: `The median of ${of.length} is ${timeText(median)}, the longest ${timeText(longest)}.`,
      points: of.map(({ version }, at) => ({ at, label: version })),
      to: roundTop(longest / by),
      unit,
      form: 'bar',
      series: [{ name: 'time', values: of.map(({ ms }) => ms / by) }],
    },
  ];
}

/** No more bars than these. */
const mostBars = 14;

/** Deployments in equal parts of the time: days, weeks or more, so that the bars fit. */
function frequencyDrawing(entries: readonly Entry[]): Drawing[] {
  const ended = entries.filter(({ kind, mode }) => kind === 'deployment' && mode !== 'rollback');
  if (ended.length < 2) return [];
  const dayOf = ({ ended: at }: Entry) => Math.floor(Date.parse(at) / day);
  const days = ended.map(dayOf);
  const [first, last] = [Math.min(...days), Math.max(...days)];
  const span = last - first + 1;
  const width = span <= mostBars ? 1 : Math.ceil(span / mostBars / 7) * 7;
  const parts = Array.from({ length: Math.ceil(span / width) }, (_, index) => first + index * width);
  const count = (states: readonly string[]) =>
    parts.map(
      from => ended.filter(one => states.includes(one.state) && dayOf(one) >= from && dayOf(one) < from + width).length,
    );
  const series = [
    { name: 'healthy', values: count(['healthy']) },
    { name: 'failed or taken back', values: count(['failed', 'rolled-back', 'unreachable']) },
  ];
  return [
    {
      title: width === 1 ? 'Deployments a day' : `Deployments per ${width} days`,
      says: series.map(({ name, values }) => `${values.reduce((a, b) => a + b, 0)} ${name}`).join(', '),
      points: parts.map((from, at) => ({ at, label: new Date(from * day).toISOString().slice(5, 10) })),
      to: 2 * Math.ceil(Math.max(2, ...series.flatMap(({ values }) => values)) / 2),
      unit: '',
      form: 'bar',
      series,
    },
  ];
}

/** Of each place the newest are shown. */
const mostRows = 50;

export function entriesTable(entries: readonly Entry[]): string {
  const rows = entries
    .slice(0, mostRows)
    .map(one => [
      escapeHtml(one.ended.replace('T', ' ').replace(/\.\d+Z$/, 'Z')),
      escapeHtml(one.version),
      escapeHtml(one.kind === 'verdict' ? 'verify' : one.mode),
      badge(one.state),
      formatDuration(Date.parse(one.ended) - Date.parse(one.started)),
      escapeHtml(one.by),
    ]);
  const more = entries.length - rows.length;
  return `${htmlTable(['Ended', 'Version', 'What', 'State', 'Took', 'By'], rows)}${more > 0 ? `<p class="soft">and ${more} older ones</p>` : ''}`;
}

function timeText(ms: number | undefined): string {
  if (ms === undefined) return '–';
  return ms < day ? formatDuration(ms) : `${rounded(ms / day)} days`;
}

const rounded = (value: number) => String(Number(value.toFixed(1)));
