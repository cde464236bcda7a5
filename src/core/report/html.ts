import { availability } from './availability.ts';
import { byHand } from './by-hand.ts';
import { canaryDrawings } from './canary-drawings.ts';
import { custody } from './custody.ts';
import { drawing } from './drawing.ts';
import { badge, escapeHtml, hash } from './markup.ts';
import { filled, page, type Section, sections } from './page.ts';
import type { ReportPart } from './part.ts';
import { checks, deployments } from './places.ts';
import { sbomTable } from './sbom.ts';
import { binaries, images } from './sizes.ts';
import { timeline } from './timeline.ts';
import { verdictOf } from './verdict.ts';

const footer =
  'Made from the release record. This page is one file: nothing on it is loaded from anywhere, and no script runs.';

/**
 * The report: one HTML file without scripts, fonts or anything else from the network. Newest release first, as given; a
 * release is compared with what its part calls the one before.
 */
export function renderReport(parts: readonly ReportPart[]): string {
  const [first] = parts;
  if (first === undefined) return page({ title: 'Release', header: '<h1>No release</h1>', nav: [], main: '', footer });
  const { name, version } = first.record;
  if (parts.length === 1) {
    const all = sectionsOf(first, '');
    const main = `${intro(first)}${sections(all, 2)}`;
    const header = `<h1>${escapeHtml(name)} ${escapeHtml(version)}</h1>${badge(verdictOf(first.record))}`;
    return page({ title: `${name} ${version}`, header, nav: filled(all), main, footer });
  }
  const ids = parts.map((_, index) => `release-${index}`);
  return page({
    title: `${name} ${version}`,
    header: `<h1>${escapeHtml(name)}: ${parts.length} releases</h1>`,
    nav: parts.map(({ record }, index) => ({ id: ids[index]!, title: record.version })),
    main: parts.map((part, index) => article(part, ids[index]!)).join('\n'),
    footer,
  });
}

function article(part: ReportPart, id: string): string {
  const { record } = part;
  const title = `<h2 id="${id}">${escapeHtml(record.name)} ${escapeHtml(record.version)} ${badge(verdictOf(record))}</h2>`;
  return `<article aria-labelledby="${id}">${title}${intro(part)}${sections(sectionsOf(part, `${id}-`), 3)}</article>`;
}

function intro({ record }: ReportPart): string {
  const commit = record.commit === undefined ? '' : ` · commit ${hash(record.commit)}`;
  const changed = record.modified === true ? ' · with files that were not committed' : '';
  const reasons = record.verification?.reasons ?? [];
  return [
    `<p class="soft">${record.commitTime === undefined ? 'outside a repository' : `committed ${escapeHtml(record.commitTime)}`}${commit}${changed}</p>`,
    ...reasons.map(reason => `<p>${escapeHtml(reason)}</p>`),
  ].join('');
}

function sectionsOf({ record, spans, before, bills = [] }: ReportPart, prefix: string): Section[] {
  const canaries = record.deployments
    .map(one => ({ name: `${one.service} in ${one.place}`, drawn: canaryDrawings(one) }))
    .filter(({ drawn }) => drawn.length > 0)
    .map(({ name, drawn }) => `<p>${escapeHtml(name)}</p><div class="charts">${drawn.map(drawing).join('')}</div>`);
  return [
    { id: `${prefix}chain`, title: 'Chain of custody', body: custody(record) },
    { id: `${prefix}timeline`, title: 'What was done when', body: timeline(record, spans) },
    { id: `${prefix}binaries`, title: 'Binaries', body: binaries(record, before) },
    { id: `${prefix}images`, title: 'Image', body: images(record, before) },
    { id: `${prefix}deployments`, title: 'Deployments', body: deployments(record) },
    { id: `${prefix}evidence`, title: 'Evidence of the rollout', body: canaries.join('') },
    { id: `${prefix}checks`, title: 'Checks', body: checks(record) },
    { id: `${prefix}availability`, title: 'Availability', body: availability(record) },
    { id: `${prefix}components`, title: 'Components', body: sbomTable(bills) },
    { id: `${prefix}by-hand`, title: 'See for yourself', body: byHand(record) },
  ];
}
