import type { Image, ReleaseRecord } from '../core/record/schema.ts';
import { change, type SizeChange, sizeChart } from '../core/size-change.ts';
import { table } from '../core/summary.ts';
import { formatSize } from '../core/units.ts';

/** The image of the release before that this one takes the place of: one of the same repository, else the only one. */
export function previousImage(previous: ReleaseRecord, image: Image): Image | undefined {
  const whole = previous.images.filter(one => one.part !== true);
  const same = whole.filter(one => one.repositories.some(place => image.repositories.includes(place)));
  return same.at(-1) ?? (whole.length === 1 ? whole[0] : undefined);
}

/** Every platform of both releases: those of this one first. Compressed bytes. */
export function compareSizes(before: Image, now: Image): SizeChange[] {
  const sizeIn = (image: Image, name: string) => image.platforms.find(one => one.platform === name)?.size;
  const names = [...new Set([...now.platforms, ...before.platforms].map(one => one.platform))];
  return names.map(name => ({ name, before: sizeIn(before, name), now: sizeIn(now, name) }));
}

/** What the summary says of the sizes against the release before; undefined when that has no such image. */
export function sizesAgainst(previous: ReleaseRecord, image: Image, version: string): string | undefined {
  const before = previousImage(previous, image);
  if (before === undefined) return undefined;
  const rows = compareSizes(before, image);
  const size = (bytes: number | undefined) => (bytes === undefined ? '' : formatSize(bytes));
  return [
    `#### Sizes against ${previous.version}`,
    table(
      ['Platform', previous.version, version, 'Change'],
      rows.map(row => [row.name, size(row.before), size(row.now), change(row)]),
    ),
    sizeChart(rows, previous.version, version),
  ].join('\n\n');
}
