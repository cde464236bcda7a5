import type { ReleaseRecord } from '../../record/schema.ts';
import { change } from '../../size-change.ts';
import { formatSize } from '../../units.ts';
import { drawing, roundTop } from '../drawing.ts';
import { escapeHtml, htmlTable } from '../markup.ts';

/** Sizes of one release in bytes. */
export interface ReleaseSizes {
  readonly version: string;
  readonly commitTime: string | undefined;
  /** By target; by package and target where the release has several packages. */
  readonly binaries: Readonly<Record<string, number>>;
  /** Compressed, by platform; of the first image. */
  readonly image: Readonly<Record<string, number>>;
}

/** Newest first: by the time of the commit, then as given. */
export function sizesOf(releases: readonly ReleaseRecord[]): ReleaseSizes[] {
  const time = ({ commitTime }: ReleaseRecord) => (commitTime === undefined ? 0 : Date.parse(commitTime));
  return releases
    .toSorted((a, b) => time(b) - time(a))
    .map(({ version, commitTime, binaries, images }) => {
      const several = new Set(binaries.map(one => one.package)).size > 1;
      const platforms = images.find(image => image.part !== true)?.platforms ?? [];
      return {
        version,
        commitTime,
        binaries: Object.fromEntries(
          binaries.map(one => [several ? `${one.package} ${one.target}` : one.target, one.size]),
        ),
        image: Object.fromEntries(platforms.map(one => [one.platform, one.size])),
      };
    });
}

/** More lines cannot be told apart. */
const most = 4;

export function sizesSection(sizes: readonly ReleaseSizes[]): string {
  return (['binaries', 'image'] as const).map(of => kind(sizes, of)).join('');
}

function kind(sizes: readonly ReleaseSizes[], of: 'binaries' | 'image'): string {
  const names = [...new Set(sizes.flatMap(one => Object.keys(one[of])))];
  if (names.length === 0) return '';
  const title = of === 'binaries' ? 'Binaries' : 'Image, compressed';
  const rows = sizes.map((one, index) => [
    escapeHtml(one.version),
    ...names.map(name => cell(one[of][name], sizes[index + 1]?.[of][name], index + 1 < sizes.length)),
  ]);
  const table = htmlTable(['Version', ...names], rows);
  return `<h3>${title}</h3>${sizes.length < 2 ? '' : drawn(title, sizes.toReversed(), names.slice(0, most), of)}${table}`;
}

function cell(now: number | undefined, before: number | undefined, known: boolean): string {
  if (now === undefined) return '–';
  const more = known ? `<br><span class="soft">${escapeHtml(change({ before, now }))}</span>` : '';
  return `${formatSize(now)}${more}`;
}

function drawn(
  title: string,
  oldestFirst: readonly ReleaseSizes[],
  names: readonly string[],
  of: 'binaries' | 'image',
): string {
  const series = names.map(name => ({ name, values: oldestFirst.map(one => megabytes(one[of][name])) }));
  const [first, last] = [oldestFirst[0]!, oldestFirst.at(-1)!];
  const figure = drawing({
    title: `${title} from ${first.version} to ${last.version}`,
    says: names.map(name => `${name}: ${[first, last].map(one => sizeText(one[of][name])).join(', then ')}`).join('; '),
    points: oldestFirst.map(({ version }, at) => ({ at, label: version })),
    to: roundTop(Math.max(...series.flatMap(({ values }) => values.map(value => value ?? 0)))),
    unit: ' MB',
    form: 'line',
    series,
  });
  return `<div class="charts">${figure}</div>`;
}

const megabytes = (bytes: number | undefined) => (bytes === undefined ? undefined : bytes / 1e6);
const sizeText = (bytes: number | undefined) => (bytes === undefined ? 'none' : formatSize(bytes));
