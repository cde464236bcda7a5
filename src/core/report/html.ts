import type { ReleaseRecord } from '../record/schema.ts';
import type { Span } from '../summary.ts';
import { formatDuration, formatSize } from '../units.ts';
import { custody } from './custody.ts';
import { badge, escapeHtml, hash, htmlTable } from './markup.ts';
import { proofs } from './proofs.ts';
import { style } from './style.ts';
import { verdictOf } from './verdict.ts';

/** One release on the page: its record, and what was done when. */
export interface ReportPart {
  readonly record: ReleaseRecord;
  readonly spans: readonly Span[];
}

/** The report: one HTML file without scripts, fonts or anything else from the network. Newest release first, as given. */
export function renderReport(parts: readonly ReportPart[]): string {
  const title = parts.length === 0 ? 'Release' : `${parts[0]!.record.name} ${parts[0]!.record.version}`;
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">',
    `<title>${escapeHtml(title)}</title><style>${style}</style></head><body>`,
    ...parts.map(release),
    '</body></html>\n',
  ].join('\n');
}

function release({ record, spans }: ReportPart): string {
  const commit = record.commit === undefined ? '' : ` · commit ${hash(record.commit)}`;
  const reasons = record.verification?.reasons ?? [];
  return [
    `<section><header><h1>${escapeHtml(record.name)} ${escapeHtml(record.version)}</h1>${badge(verdictOf(record))}</header>`,
    `<p class="soft">${record.commitTime === undefined ? 'outside a repository' : `committed ${escapeHtml(record.commitTime)}`}${commit}</p>`,
    ...reasons.map(reason => `<p>${escapeHtml(reason)}</p>`),
    custody(record),
    ...bars(spans),
    ...binaries(record),
    ...images(record),
    ...deployments(record),
    ...checks(record),
    proofs(record),
    '</section>',
  ].join('\n');
}

function bars(spans: readonly Span[]): string[] {
  if (spans.length === 0) return [];
  const zero = Math.min(...spans.map(span => span.start));
  const whole = Math.max(1, Math.max(...spans.map(span => span.end)) - zero);
  const percent = (ms: number) => `${((100 * ms) / whole).toFixed(2)}%`;
  const bar = (span: Span) =>
    `<div class="bar${span.failed ? ' failed' : ''}"><span>${escapeHtml(span.name)}</span><div><i style="left:${percent(span.start - zero)};width:${percent(span.end - span.start)}"></i></div><b>${formatDuration(span.end - span.start)}</b></div>`;
  return ['<h2>What was done when</h2>', ...spans.map(bar)];
}

function binaries({ binaries }: ReleaseRecord): string[] {
  if (binaries.length === 0) return [];
  const rows = binaries.map(one => [
    escapeHtml(one.target),
    escapeHtml(formatSize(one.size)),
    hash(one.sha256),
    escapeHtml(one.package),
  ]);
  return ['<h2>Binaries</h2>', htmlTable(['Target', 'Size', 'sha256', 'Package'], rows)];
}

function images({ images }: ReleaseRecord): string[] {
  return images.flatMap(image => [
    `<h2>Image ${hash(image.digest)}</h2><p>${image.repositories.map(name => `<code>${escapeHtml(name)}</code>`).join(', ')} · tags ${escapeHtml(image.tags.join(', ') || 'none')}</p>`,
    htmlTable(
      ['Platform', 'Compressed', 'Manifest', 'Binaries inside'],
      image.platforms.map(one => [
        escapeHtml(one.platform),
        escapeHtml(formatSize(one.size)),
        hash(one.digest),
        one.binaries.map(hash).join(' '),
      ]),
    ),
  ]);
}

function deployments({ deployments }: ReleaseRecord): string[] {
  if (deployments.length === 0) return [];
  const time = (from: string, to?: string) =>
    to === undefined ? '–' : formatDuration(Date.parse(to) - Date.parse(from));
  const rows = deployments.map(one => [
    `${escapeHtml(one.place)}<br><span class="soft">${escapeHtml(one.kind)}</span>`,
    escapeHtml(one.service),
    `${badge(one.state)}${why(one.evidence)}`,
    hash(one.binary ?? one.image?.split('@')[1]),
    previous(one.previous),
    time(one.started, one.ended),
  ]);
  return ['<h2>Deployments</h2>', htmlTable(['Place', 'Service', 'State', 'Deployed', 'Before', 'Time'], rows)];
}

function checks({ verification }: ReleaseRecord): string[] {
  if (verification === undefined) return [];
  const rows = verification.checks.map(one => [
    `${escapeHtml(one.name)}${one.kind === undefined ? '' : `<br><span class="soft">${escapeHtml(one.kind)}</span>`}`,
    badge(one.verdict),
    escapeHtml(one.detail ?? one.reason ?? ''),
  ]);
  return [
    `<h2>Checks</h2><p class="soft">at ${escapeHtml(verification.at)}</p>`,
    htmlTable(['Check', 'Verdict', 'What was seen'], rows),
  ];
}

/** Why a deployment ended as it did: a text, or `{code, message}`; one that went well has none. */
function why({ reason }: ReleaseRecord['deployments'][number]['evidence']): string {
  const said = (reason as { message?: unknown } | undefined)?.message ?? reason;
  return typeof said === 'string' && said !== '' ? `<br><span class="soft">${escapeHtml(said)}</span>` : '';
}

/** The id of a release on a host, or the image of a cluster by its digest. */
function previous(id: string): string {
  if (id === '') return 'first release';
  return id.includes('@') ? hash(id.split('@')[1]) : escapeHtml(id);
}
