import type { Binary, ReleaseRecord } from '../../core/record/schema.ts';
import { table } from '../../core/summary.ts';
import { formatSize } from '../../core/units.ts';

/** One program for one target, in this release and in the one before; undefined where it was not built. */
export interface SizeRow {
  readonly package: string;
  readonly target: string;
  /** Bytes. */
  readonly before: number | undefined;
  readonly now: number | undefined;
}

/** Every program of both releases: those of this one first, in their order. Pure. */
export function compareSizes(before: readonly Binary[], now: readonly Binary[]): SizeRow[] {
  const same = (a: Binary) => (b: Binary) => a.package === b.package && a.target === b.target;
  const built = now.map(binary => ({ ...keyOf(binary), before: before.find(same(binary))?.size, now: binary.size }));
  const gone = before.filter(binary => !now.some(same(binary)));
  return [...built, ...gone.map(binary => ({ ...keyOf(binary), before: binary.size, now: undefined }))];
}

const keyOf = ({ package: path, target }: Binary) => ({ package: path, target });

/** What the job summary says of the sizes against the release before: a table and a chart. */
export function sizesSummary(previous: ReleaseRecord, release: ReleaseRecord): string {
  const rows = compareSizes(previous.binaries, release.binaries);
  const programs = new Set(rows.map(row => row.package)).size;
  const nameOf = (row: SizeRow) => (programs > 1 ? `${row.package.split('/').at(-1)} ${row.target}` : row.target);
  const cells = rows.map(row => [
    nameOf(row),
    row.before === undefined ? '' : formatSize(row.before),
    row.now === undefined ? '' : formatSize(row.now),
    change(row),
  ]);
  return [
    `#### Sizes against ${previous.version}`,
    table([programs > 1 ? 'Program' : 'Target', previous.version, release.version, 'Change'], cells),
    chart(rows, nameOf, previous.version, release.version),
  ].join('\n\n');
}

/** `+1.4 %`; at one build job of a matrix most of the release before is not built. */
export function change({ before, now }: SizeRow): string {
  if (before === undefined) return 'new';
  if (now === undefined) return 'not built here';
  if (before === now) return 'the same';
  const percent = before === 0 ? '' : ` (${now > before ? '+' : '−'}${percentOf(Math.abs(now - before) / before)})`;
  return `${now > before ? '+' : '−'}${formatSize(Math.abs(now - before))}${percent}`;
}

const percentOf = (ratio: number) => (ratio < 0.0005 ? '< 0.1 %' : `${(100 * ratio).toFixed(1)} %`);

/**
 * Mermaid draws the bars of two series over each other; so each release has bars of its own, and none where the other has
 * one.
 */
function chart(rows: readonly SizeRow[], nameOf: (row: SizeRow) => string, before: string, now: string): string {
  const bars = rows.flatMap(row => [
    ...(row.now === undefined ? [] : [{ name: nameOf(row), now: row.now, before: 0 }]),
    ...(row.before === undefined ? [] : [{ name: `${nameOf(row)} in ${before}`, now: 0, before: row.before }]),
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
