import pMap from 'p-map';
import { SlipwayError } from '../../core/errors.ts';
import { log } from '../../core/log.ts';
import type { LoadedRecord } from '../../core/record/files.ts';
import type { GitHubApi } from './api.ts';
import { type Asset, assetsOf } from './assets.ts';
import { GitHubError } from './failure.ts';
import { changesOf, releaseNotes } from './notes.ts';
import { bodyLimit, shortenBody } from './shorten.ts';
import { tagMustName } from './tag.ts';
import { isSame, listAssets, type Target, type Uploaded, upload } from './upload.ts';

interface Release extends Target {
  readonly tag_name: string;
  readonly draft: boolean;
  readonly html_url: string;
  /** Its files and tag cannot be changed any more; a setting of the repository. */
  readonly immutable?: boolean;
}

export interface Published {
  /** Its page. */
  readonly url: string;
  /** `unchanged`: it was published before, with the same files. */
  readonly state: 'published' | 'completed' | 'unchanged';
}

const needs = 'contents: write';
const within = 60_000;

/**
 * Publishes the GitHub release of a tag: a draft first, then its files, and only when all of them are there and have the
 * right digest the draft is published; people never see half of it, and a repository with immutable releases takes it.
 *
 * Run again it goes on where it was: a draft keeps the files that it has, a published release is left as it is. What a
 * published release has under a name of ours with other content is an error.
 *
 * @param tag the version's tag, which must name the record's commit
 * @throws SlipwayError RELEASE_DIFFERS, RELEASE_INCOMPLETE, RELEASE_TAG_MISSING, RELEASE_TAG_MOVED, RELEASE_ASSET_…, GITHUB_…
 */
export async function publishRelease(
  api: GitHubApi,
  tag: string,
  loaded: LoadedRecord,
  signal: AbortSignal,
): Promise<Published> {
  const assets = await assetsOf(loaded);
  const release = await api.trying(
    async limited => {
      await tagMustName(api, tag, loaded.record.commit, limited);
      return (await find(api, tag, limited)) ?? (await create(api, tag, limited));
    },
    { doing: `creating the release ${tag}`, within, signal },
  );
  const there = await api.trying(limited => listAssets(api, release.id, limited), {
    doing: `reading the release ${tag}`,
    within,
    signal,
  });
  if (!release.draft) return complete(api, release, assets, there, signal);
  await uploadAll(api, release, assets, there, signal);
  return { url: await publish(api, release, loaded, assets, signal), state: 'published' };
}

/** The published release of the tag, else a draft that an earlier run left; only a list shows drafts. */
async function find(api: GitHubApi, tag: string, signal: AbortSignal): Promise<Release | undefined> {
  const doing = `looking for the release ${tag}`;
  try {
    const path = `/releases/tags/${encodeURIComponent(tag)}`;
    return await api.send<Release>({ doing, method: 'GET', path, needs }, signal);
  } catch (error) {
    if (!(error instanceof GitHubError && error.code === 'GITHUB_NOT_FOUND')) throw error;
  }
  const all = await api.list<Release>({ doing, path: '/releases', needs }, 10, signal);
  return all.find(one => one.draft && one.tag_name === tag);
}

function create(api: GitHubApi, tag: string, signal: AbortSignal): Promise<Release> {
  const json = { tag_name: tag, name: tag, draft: true };
  const doing = `creating the release ${tag}`;
  return api.send<Release>({ doing, method: 'POST', path: '/releases', json, needs }, signal);
}

/** Of a published release: what is there must be ours; what is not is uploaded where the repository still allows it. */
async function complete(
  api: GitHubApi,
  release: Release,
  assets: readonly Asset[],
  there: readonly Uploaded[],
  signal: AbortSignal,
): Promise<Published> {
  const { tag_name: tag, html_url: url } = release;
  const whole = there.filter(one => one.state === 'uploaded');
  const of = (asset: Asset) => whole.find(one => one.name === asset.name);
  const different = assets.filter(one => one.kind !== 'evidence' && of(one) !== undefined && !isSame(one, of(one)!));
  if (different.length > 0) {
    const list = different.map(one => `${one.name} (there ${of(one)!.digest}, here sha256:${one.sha256})`).join(', ');
    throw new SlipwayError('RELEASE_DIFFERS', `the release ${tag} is published with other files: ${list}`, {
      hint: 'Nothing was changed: a published version stays what it is. Give what was built a version of its own.',
    });
  }
  const missing = assets.filter(one => of(one) === undefined);
  if (missing.length === 0) return { url, state: 'unchanged' };
  if (release.immutable === true) {
    const list = missing.map(one => one.name).join(', ');
    throw new SlipwayError('RELEASE_INCOMPLETE', `the release ${tag} is published and immutable, without ${list}`, {
      hint: 'Nothing was changed. Release the next version; do not publish the draft by hand before its files are there.',
    });
  }
  await uploadAll(api, release, missing, there, signal);
  return { url, state: 'completed' };
}

async function uploadAll(
  api: GitHubApi,
  release: Release,
  assets: readonly Asset[],
  there: readonly Uploaded[],
  signal: AbortSignal,
): Promise<void> {
  await pMap(assets, asset => upload(api, release, asset, there, signal), { concurrency: 4, signal });
  log.info(`files of the release ${release.tag_name}: ${assets.length}, all uploaded`);
}

async function publish(
  api: GitHubApi,
  { id, tag_name: tag }: Release,
  loaded: LoadedRecord,
  assets: readonly Asset[],
  signal: AbortSignal,
): Promise<string> {
  const changes = await changesOf(api, tag, signal);
  const body = shortenBody(
    `${changes}${releaseNotes(loaded.record, tag, assets, api.place)}`,
    bodyLimit.release,
    '_…_',
  );
  const json = {
    tag_name: tag,
    name: tag,
    body,
    draft: false,
    prerelease: isPrerelease(tag),
    // By version: a fix of an older one does not become the latest.
    make_latest: 'legacy',
  };
  const doing = `publishing the release ${tag}`;
  const path = `/releases/${id}`;
  const { html_url: url } = await api.trying(
    limited => api.send<Release>({ doing, method: 'PATCH', path, json, needs }, limited),
    { doing, within, signal },
  );
  return url;
}

/** `v1.2.3-rc.1`, `cmd/v2.0.0-beta`. */
export function isPrerelease(tag: string): boolean {
  return /^v?\d+\.\d+\.\d+-/.test(tag.split('/').at(-1)!);
}
