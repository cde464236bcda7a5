import type { ReleaseRecord } from '../../record/schema.ts';
import type { Entry } from '../../records/entry.ts';
import { escapeHtml } from '../markup.ts';
import { filled, page, type Section, sections } from '../page.ts';
import { type Measures, measure } from './measures.ts';
import { entriesTable, figures, meanings, measureDrawings } from './render.ts';
import { type ReleaseSizes, sizesOf, sizesSection } from './sizes.ts';

/** What `slipway report --history` tells, for machines. */
export interface History {
  /** Each program in each environment; the newest first. */
  readonly places: readonly (Measures & { readonly name: string; readonly environment: string })[];
  /** Newest first. */
  readonly sizes: readonly ReleaseSizes[];
}

/**
 * The history of releases: DORA's four measures for each environment, and sizes from release to release.
 *
 * @param entries what was written down, in any order
 * @param releases records of the releases, in any order; for the sizes
 */
export function renderHistory(
  entries: readonly Entry[],
  releases: readonly ReleaseRecord[],
): { readonly html: string; readonly data: History } {
  const groups = [
    ...Map.groupBy(newestFirst(entries), ({ name, environment }) => JSON.stringify([name, environment])).values(),
  ];
  const sizes = sizesOf(releases);
  const several = new Set(entries.map(({ name }) => name)).size > 1;
  const places = groups.map(group => ({
    name: group[0]!.name,
    environment: group[0]!.environment,
    ...measure(group),
  }));
  const all: Section[] = [
    ...groups.map((group, index) => ({
      id: `place-${index}`,
      title: titleOf(group[0]!, several),
      body: `${figures(places[index]!)}${measureDrawings(places[index]!, group)}${entriesTable(group)}`,
    })),
    { id: 'sizes', title: 'Sizes', body: sizesSection(sizes) },
    { id: 'meanings', title: 'What is measured', body: entries.length === 0 ? '' : meanings() },
  ];
  const name = entries[0]?.name ?? releases[0]?.name ?? 'Releases';
  const title = several ? 'History of releases' : `History of ${name}`;
  const html = page({
    title,
    header: `<h1>${escapeHtml(title)}</h1>`,
    nav: filled(all),
    main: filled(all).length === 0 ? '<p>Nothing has been written down yet.</p>' : sections(all, 2),
    footer: `Made from ${entries.length} entries and ${releases.length} releases. This page is one file: nothing on it is loaded from anywhere, and no script runs.`,
  });
  return { html, data: { places, sizes } };
}

function titleOf({ name, environment }: Entry, several: boolean): string {
  const place = environment === '' ? 'Deployments' : environment;
  return several ? `${name}: ${place}` : place;
}

function newestFirst(entries: readonly Entry[]): Entry[] {
  return entries.toSorted((a, b) => Date.parse(b.ended) - Date.parse(a.ended));
}
