import type { Deployment, ReleaseRecord } from '../record/schema.ts';
import { formatDuration } from '../units.ts';
import { badge, escapeHtml, hash, htmlTable } from './markup.ts';
import { whyOf } from './verdict.ts';

/** Where the release was put, and what came of it. */
export function deployments({ deployments }: ReleaseRecord): string {
  if (deployments.length === 0) return '';
  const time = (from: string, to?: string) =>
    to === undefined ? '–' : formatDuration(Date.parse(to) - Date.parse(from));
  const rows = deployments.map(one => [
    `${escapeHtml(one.place)}<br><span class="soft">${escapeHtml(one.kind)}</span>`,
    escapeHtml(one.service),
    `${badge(one.state)}${why(one)}`,
    hash(one.binary ?? one.image?.split('@')[1]),
    previous(one.previous),
    time(one.started, one.ended),
  ]);
  return htmlTable(['Place', 'Service', 'State', 'Deployed', 'Before', 'Took'], rows);
}

/** What was looked at in the end. */
export function checks({ verification }: ReleaseRecord): string {
  if (verification === undefined) return '';
  const rows = verification.checks.map(one => [
    `${escapeHtml(one.name)}${one.kind === undefined ? '' : `<br><span class="soft">${escapeHtml(one.kind)}</span>`}`,
    badge(one.verdict),
    escapeHtml(one.detail ?? one.reason ?? ''),
  ]);
  const at = `<p class="soft">at ${escapeHtml(verification.at)}</p>`;
  return rows.length === 0 ? at : `${at}${htmlTable(['Check', 'Verdict', 'What was seen'], rows)}`;
}

function why(deployment: Deployment): string {
  const said = whyOf(deployment);
  return said === undefined ? '' : `<br><span class="soft">${escapeHtml(said)}</span>`;
}

/** The id of a release on a host, or the image of a cluster by its digest. */
function previous(id: string): string {
  if (id === '') return 'first release';
  return id.includes('@') ? hash(id.split('@')[1]) : escapeHtml(id);
}
