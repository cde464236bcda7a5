import type { GitHubApi } from './api.ts';
import type { Asset } from './assets.ts';
import { GitHubError } from './failure.ts';

/** What a release has already. */
export interface Uploaded {
  readonly id: number;
  readonly name: string;
  readonly size: number;
  /** `uploaded`; anything else is what a broken upload left. */
  readonly state: string;
  /** `sha256:…`; null where the server is too old to tell. */
  readonly digest: string | null;
}

export interface Target {
  readonly id: number;
  /** A template: `https://uploads.github.com/…/assets{?name,label}`. */
  readonly upload_url: string;
}

const needs = 'contents: write';
/** Milliseconds for one file, all tries together. */
const within = 15 * 60_000;

/** Whether the file on GitHub is ours, as far as the server tells. */
export function isSame(asset: Asset, there: Uploaded): boolean {
  const digest = there.digest === null || there.digest === `sha256:${asset.sha256}`;
  return there.state === 'uploaded' && there.size === asset.size && digest;
}

export async function listAssets(api: GitHubApi, release: number, signal: AbortSignal): Promise<Uploaded[]> {
  const doing = 'listing the files of the release';
  return api.list<Uploaded>({ doing, path: `/releases/${release}/assets`, needs: 'contents: read' }, 10, signal);
}

/**
 * Uploads one file; what is there under its name is left when it is the same, and replaced otherwise. A connection that
 * breaks leaves something behind, so before each further try it is looked again.
 *
 * @param there what was found before the first try
 */
export async function upload(
  api: GitHubApi,
  release: Target,
  asset: Asset,
  there: readonly Uploaded[],
  signal: AbortSignal,
): Promise<void> {
  const doing = `uploading ${asset.name}`;
  let known: readonly Uploaded[] | undefined = there;
  await api.trying(
    async limited => {
      const present = (known ?? (await listAssets(api, release.id, limited))).find(one => one.name === asset.name);
      known = undefined;
      if (present !== undefined && isSame(asset, present)) return;
      if (present !== undefined) await remove(api, present, doing, limited);
      const made = await post(api, release, asset, doing, limited);
      if (isSame(asset, made)) return;
      throw new GitHubError(
        'GITHUB_ASSET_DAMAGED',
        `${doing}: GitHub has it with ${made.digest}, not ${asset.sha256}`,
        {
          status: 0,
          passing: true,
          hint: 'Something on the way changes what is sent; look at the proxy.',
        },
      );
    },
    { doing, within, signal },
  );
}

async function remove(api: GitHubApi, { id }: Uploaded, doing: string, signal: AbortSignal): Promise<void> {
  await api.send({ doing, method: 'DELETE', path: `/releases/assets/${id}`, needs }, signal);
}

async function post(
  api: GitHubApi,
  { upload_url: template }: Target,
  { name, body: file }: Asset,
  doing: string,
  signal: AbortSignal,
): Promise<Uploaded> {
  const path = new URL(template.replace(/\{.*\}$/, ''));
  try {
    return await api.send<Uploaded>({ doing, method: 'POST', path, query: { name }, file, needs }, signal);
  } catch (error) {
    if (!(error instanceof GitHubError) || !error.reasons.includes('already_exists')) throw error;
    // A try whose answer was lost, or another run: what is there now is looked at by the next try.
    throw new GitHubError(error.code, error.message, { status: error.status, passing: true, hint: error.hint ?? '' });
  }
}
