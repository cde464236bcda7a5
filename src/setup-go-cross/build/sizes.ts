import type { Binary, ReleaseRecord } from '../../core/record/schema.ts';
import { change, sizeChart } from '../../core/size-change.ts';
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
    sizeChart(
      rows.map(row => ({ ...row, name: nameOf(row) })),
      previous.version,
      release.version,
    ),
  ].join('\n\n');
}
