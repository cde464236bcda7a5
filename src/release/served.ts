import type { Deployment, ReleaseRecord } from '../core/record/schema.ts';
import { isStored } from './modes.ts';
import type { Plan } from './prepare.ts';

/** Kept releases among which the one that serves is looked for. */
const most = 50;

/**
 * The record that a run is about: of a rollback to the release before that of the kept release which serves now, with
 * the deployments that brought it there; else the one at hand. What serves is told by its sha256 or digest.
 */
export async function servedRecord(
  { request, records, started }: Pick<Plan, 'request' | 'records' | 'started'>,
  record: ReleaseRecord,
): Promise<ReleaseRecord> {
  if (records === undefined || request.mode !== 'rollback' || isStored(request)) return record;
  const here = record.deployments.filter(one => Date.parse(one.started) >= started.getTime());
  if (here.length === 0 || !here.every(({ state }) => state === 'healthy' || state === 'unchanged')) return record;
  const kept = (await records.releases()).map(({ version }) => version);
  // two versions may have the same bytes: the one that the places name comes first
  const named = (version: string) => here.every(({ release }) => `${release}-`.startsWith(`${version}-`));
  const ordered = [...kept.filter(named), ...kept.filter(version => !named(version))].slice(0, most);
  for (const version of ordered) {
    const found = await records.record(version);
    if (found !== undefined && here.every(one => holds(found, one)))
      return { ...found, deployments: record.deployments };
  }
  return record;
}

function holds({ binaries, images }: ReleaseRecord, { binary, image }: Deployment): boolean {
  if (image !== undefined) return images.some(({ digest }) => image.endsWith(`@${digest}`));
  return binary !== undefined && binaries.some(({ sha256 }) => sha256 === binary);
}
