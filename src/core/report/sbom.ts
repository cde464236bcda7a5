import type { Bill } from './bills.ts';
import { escapeHtml, htmlTable } from './markup.ts';

/** More than these are folded. */
const shortList = 30;

/** Every component of every binary once: name, version, license, and which binaries hold it. */
export function sbomTable(bills: readonly Bill[]): string {
  if (bills.length === 0) return '';
  const read = bills.filter(({ components }) => components !== undefined);
  const unread = bills.filter(({ components }) => components === undefined);
  const rows = componentsOf(read).map(({ name, version, licenses, binaries }) => [
    escapeHtml(name),
    escapeHtml(version || '–'),
    licenses.length === 0 ? '<span class="soft">not stated</span>' : escapeHtml(licenses.join(', ')),
    binaries.length === read.length ? 'all' : escapeHtml(binaries.join(', ')),
  ]);
  const table = htmlTable(['Component', 'Version', 'License', 'In binaries'], rows);
  const count = (n: number, one: string, many: string) => `${n} ${n === 1 ? one : many}`;
  const said = `${count(rows.length, 'component', 'components')} in ${count(read.length, 'binary', 'binaries')}.`;
  return [
    ...(read.length === 0 ? [] : [`<p class="soft">${said}</p>`]),
    ...(unread.length === 0
      ? []
      : [
          `<p>Not read, because it is not beside the record: ${escapeHtml(unread.map(one => one.binary).join(', '))}.</p>`,
        ]),
    ...(rows.length === 0
      ? []
      : rows.length <= shortList
        ? [table]
        : [`<details><summary>All ${rows.length} components</summary>${table}</details>`]),
  ].join('');
}

function componentsOf(bills: readonly Bill[]) {
  const found = new Map<string, { name: string; version: string; licenses: readonly string[]; binaries: string[] }>();
  for (const { binary, components = [] } of bills) {
    for (const { name, version, licenses } of components) {
      const key = JSON.stringify([name, version]);
      const known = found.get(key) ?? { name, version, licenses, binaries: [] };
      if (!known.binaries.includes(binary)) known.binaries.push(binary);
      found.set(key, known);
    }
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}
