import type { Binary, Image, ReleaseRecord } from '../record/schema.ts';
import { change } from '../size-change.ts';
import { formatSize } from '../units.ts';
import { escapeHtml, hash, htmlTable } from './markup.ts';

/** The binaries with their sizes, against the release before where that is known. */
export function binaries({ binaries }: ReleaseRecord, before: ReleaseRecord | undefined): string {
  if (binaries.length === 0) return '';
  const known = (one: Binary) =>
    before?.binaries.find(other => other.target === one.target && other.package === one.package)?.size;
  return table(
    before,
    ['Target', 'Size', 'sha256', 'Package'],
    binaries.map(one => [
      [escapeHtml(one.target), formatSize(one.size)],
      { before: known(one), now: one.size },
      [hash(one.sha256), escapeHtml(one.package)],
    ]),
  );
}

/** The images, a row a platform. */
export function images({ images }: ReleaseRecord, before: ReleaseRecord | undefined): string {
  return images.map(image => imageTable(image, before)).join('');
}

function imageTable(image: Image, before: ReleaseRecord | undefined): string {
  const names = image.repositories.map(name => `<code>${escapeHtml(name)}</code>`).join(', ');
  const old = before?.images.find(
    one => one.part !== true && one.repositories.some(name => image.repositories.includes(name)),
  );
  const signed = image.attestations.filter(({ signedBy }) => signedBy !== undefined).length;
  const statements =
    image.attestations.length === 0 ? '' : ` · ${image.attestations.length} statements, ${signed} of them signed`;
  return [
    `<p>${names} · ${hash(image.digest)} · tags: ${escapeHtml(image.tags.join(', ') || 'none')}${statements}</p>`,
    table(
      old === undefined ? undefined : before,
      ['Platform', 'Compressed', 'Manifest', 'Binaries inside'],
      image.platforms.map(one => [
        [escapeHtml(one.platform), formatSize(one.size)],
        { before: old?.platforms.find(({ platform }) => platform === one.platform)?.size, now: one.size },
        [hash(one.digest), one.binaries.map(hash).join(' ')],
      ]),
    ),
  ].join('');
}

type Row = readonly [
  first: readonly string[],
  sizes: { readonly before: number | undefined; readonly now: number },
  rest: readonly string[],
];

/** The change stands behind the size, where there is something to compare with. */
function table(before: ReleaseRecord | undefined, head: readonly string[], rows: readonly Row[]): string {
  const [name, size, ...rest] = head as [string, string, ...string[]];
  const changes = before === undefined ? [] : [`Against ${before.version}`];
  return htmlTable(
    [name, size, ...changes, ...rest],
    rows.map(([first, sizes, others]) => [
      ...first,
      ...(before === undefined ? [] : [escapeHtml(change(sizes))]),
      ...others,
    ]),
  );
}
