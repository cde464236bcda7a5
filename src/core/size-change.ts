import { formatSize } from './units.ts';

/** The size of one thing in this release and in the one before, in bytes; undefined where there is none. */
export interface SizeChange {
  readonly name: string;
  readonly before: number | undefined;
  readonly now: number | undefined;
}

/** `+500.0 kB (+50.0 %)`; at one job of a matrix most of the release before is not built. */
export function change({ before, now }: Pick<SizeChange, 'before' | 'now'>): string {
  if (before === undefined) return 'new';
  if (now === undefined) return 'not built here';
  if (before === now) return 'the same';
  const sign = now > before ? '+' : '−';
  const ratio = Math.abs(now - before) / before;
  const percent = ratio < 0.0005 ? '< 0.1 %' : `${sign}${(100 * ratio).toFixed(1)} %`;
  return `${sign}${formatSize(Math.abs(now - before))}${before === 0 ? '' : ` (${percent})`}`;
}

/**
 * A chart of the sizes of two releases, `before` and `now`. Mermaid draws the bars of two series over each other; so each
 * release has bars of its own, and none where the other has one.
 */
export function sizeChart(rows: readonly SizeChange[], before: string, now: string): string {
  const bars = rows.flatMap(row => [
    ...(row.now === undefined ? [] : [{ name: row.name, now: row.now, before: 0 }]),
    ...(row.before === undefined ? [] : [{ name: `${row.name} in ${before}`, now: 0, before: row.before }]),
  ]);
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(3);
  const top = Math.max(...bars.map(bar => bar.now + bar.before));
  return [
    '```mermaid',
    '---',
    'config:',
    '  xyChart:',
    `    height: ${90 + 28 * bars.length}`,
    '  themeVariables:',
    '    xyChart:',
    '      plotColorPalette: "#3b78c2, #a9b6c4"',
    '---',
    'xychart-beta horizontal',
    `    title "Sizes in ${clean(now)} and in ${clean(before)}"`,
    `    x-axis [${bars.map(bar => `"${clean(bar.name)}"`).join(', ')}]`,
    `    y-axis "MB" 0 --> ${megabytes(top * 1.1)}`,
    `    bar [${bars.map(bar => megabytes(bar.now)).join(', ')}]`,
    `    bar [${bars.map(bar => megabytes(bar.before)).join(', ')}]`,
    '```',
  ].join('\n');
}

const clean = (text: string) => text.replaceAll(/["\n]/g, ' ');
