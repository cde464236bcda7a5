import type { Check, ReleaseRecord } from '../record/schema.ts';
import { formatDuration } from '../units.ts';
import { type Drawing, drawing, roundTop } from './drawing.ts';
import { hostOf } from './evidence.ts';
import { escapeHtml, htmlTable } from './markup.ts';
import { latest } from './verdict.ts';

/** How the hosts answered while they were switched, and the endpoints while they were watched. */
export function availability(record: ReleaseRecord): string {
  const rows = latest(record)
    .filter(({ kind }) => kind === 'ssh-systemd')
    .flatMap(one => hostRows(one.place, hostOf(one)));
  const drawn = (record.verification?.checks ?? []).flatMap(checkDrawings);
  return [
    ...(rows.length === 0 ? [] : [htmlTable(['Host', 'Check', 'Answered', 'Without service'], rows)]),
    ...(drawn.length === 0 ? [] : [`<div class="charts">${drawn.map(drawing).join('')}</div>`]),
  ].join('');
}

function hostRows(place: string, host: ReturnType<typeof hostOf>): string[][] {
  if (host === undefined) return [];
  const { checks, downtimeMs, downtimeMeasuredBy } = host;
  if (checks.length === 0 && downtimeMs === undefined) return [];
  const by = downtimeMeasuredBy === undefined ? '' : `, by ${downtimeMeasuredBy}`;
  const downtime = downtimeMs === undefined ? '–' : `${formatDuration(downtimeMs)}${by}`;
  const shown = checks.length === 0 ? [{ name: '–', attempts: 0, failures: 0 }] : checks;
  return shown.map(({ name, attempts, failures }) => [
    escapeHtml(place),
    escapeHtml(name),
    attempts === 0 ? '–' : `${attempts - failures} of ${attempts} (${share(attempts - failures, attempts)})`,
    escapeHtml(downtime),
  ]);
}

type Series = NonNullable<Check['series']>;

function checkDrawings(check: Check): Drawing[] {
  const { series = [] } = check;
  if (series.length < 2) return [];
  const points = series.map(({ from }) => ({ at: from, label: formatDuration(from) }));
  return [availabilityDrawing(check.name, points, series), latencyDrawing(check.name, points, series)];
}

function availabilityDrawing(name: string, points: Drawing['points'], series: Series): Drawing {
  const sum = (key: 'attempts' | 'failures') => series.reduce((n, one) => n + one[key], 0);
  const [attempts, failures] = [sum('attempts'), sum('failures')];
  return {
    title: `Availability of ${name}`,
    says: `${attempts - failures} of ${attempts} attempts were answered well (${share(attempts - failures, attempts)}).`,
    points,
    to: 100,
    unit: ' %',
    form: 'bar',
    series: [
      {
        name: 'answered',
        values: series.map(one =>
          one.attempts === 0 ? undefined : (100 * (one.attempts - one.failures)) / one.attempts,
        ),
      },
    ],
  };
}

function latencyDrawing(name: string, points: Drawing['points'], series: Series): Drawing {
  const slowest = series.map(one => one.slowest);
  return {
    title: `Slowest attempt at ${name}`,
    says: `The slowest of all took ${formatDuration(Math.max(...slowest))}.`,
    points,
    to: roundTop(Math.max(...slowest, 1)),
    unit: ' ms',
    form: 'line',
    series: [{ name: 'slowest', values: slowest }],
  };
}

const share = (part: number, whole: number) => `${whole === 0 ? 0 : Number(((100 * part) / whole).toFixed(2))} %`;
