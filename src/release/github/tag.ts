import { SlipwayError } from '../../core/errors.ts';
import type { GitHubApi } from './api.ts';
import { GitHubError } from './failure.ts';

const needs = 'contents: read';

interface Named {
  readonly object: { readonly type: string; readonly sha: string };
}

/**
 * The tag must be there and name the commit that was built: GitHub would otherwise make it, at whatever the default
 * branch is by then.
 *
 * @throws SlipwayError RELEASE_TAG_MISSING, RELEASE_TAG_MOVED
 */
export async function tagMustName(
  api: GitHubApi,
  tag: string,
  commit: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const found = await commitOf(api, tag, signal);
  if (found === undefined) {
    throw new SlipwayError('RELEASE_TAG_MISSING', `${api.place.repository} has no tag ${tag}`, {
      hint: `Nothing was released. Push it first: git tag ${tag} ${commit ?? ''} && git push origin ${tag}`,
    });
  }
  if (commit !== undefined && found !== commit) {
    throw new SlipwayError('RELEASE_TAG_MOVED', `the tag ${tag} names ${found}, and ${commit} was built`, {
      hint: 'Nothing was released. A tag that was moved is no version any more: make a new one.',
    });
  }
}

/** The sha of its commit; undefined when there is no such tag. */
async function commitOf(api: GitHubApi, tag: string, signal: AbortSignal): Promise<string | undefined> {
  const doing = `looking for the tag ${tag}`;
  const get = (path: string) => api.send<Named>({ doing, method: 'GET', path, needs }, signal);
  const name = tag.split('/').map(encodeURIComponent).join('/');
  try {
    const { object } = await get(`/git/ref/tags/${name}`);
    // An annotated tag is an object of its own, which names the commit.
    return object.type === 'tag' ? (await get(`/git/tags/${object.sha}`)).object.sha : object.sha;
  } catch (error) {
    if (error instanceof GitHubError && error.code === 'GITHUB_NOT_FOUND') return undefined;
    throw error;
  }
}
