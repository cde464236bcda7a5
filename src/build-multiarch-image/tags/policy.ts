import { matchesGlob } from 'node:path';
import pMap from 'p-map';
import { compare, parse, type SemVer } from 'semver';
import { SlipwayError } from '../../core/errors.ts';
import { log } from '../../core/log.ts';
import type { RegistryClient } from '../../core/registry/client.ts';
import { headManifest } from '../../core/registry/manifests.ts';
import { formatRepository, type Repository } from '../../core/registry/reference.ts';
import { listTags } from '../../core/registry/tags.ts';

export interface TagPolicy {
  /** Version of the release. */
  readonly version: string;
  /** Whether `latest` may move to an older version than the registry has. */
  readonly latest: 'highest' | 'any';
  /** Globs of tags that never get another digest. */
  readonly immutable: readonly string[];
}

/** The tags that one repository gets. */
export interface TagPlan {
  readonly repository: Repository;
  readonly tags: readonly string[];
}

/**
 * What may be written where: `latest` belongs to the highest stable version of a repository (docker/metadata-action
 * #326), and an immutable tag stays what it is.
 *
 * @throws SlipwayError TAG_IMMUTABLE before anything is written
 */
export async function planTags(
  client: RegistryClient,
  repositories: readonly Repository[],
  tags: readonly string[],
  digest: string,
  policy: TagPolicy,
  signal: AbortSignal,
): Promise<TagPlan[]> {
  return pMap(repositories, async repository => {
    const asksForLatest = tags.includes('latest') && policy.latest === 'highest';
    const [there] = await Promise.all([
      asksForLatest ? listTags(client, repository, signal, 'push') : [],
      mustBeFree(client, repository, tags, digest, policy.immutable, signal),
    ]);
    if (!asksForLatest) return { repository, tags };
    const higher = highestStable(there);
    if (higher === undefined || mayOwnLatest(policy.version, higher)) return { repository, tags };
    log.notice(
      `${formatRepository(repository)}:latest stays with ${higher.raw}: ${policy.version} is not the highest stable version there`,
    );
    return { repository, tags: tags.filter(tag => tag !== 'latest') };
  });
}

/** Whether a release may have `latest` beside the highest stable version that is there. */
export function mayOwnLatest(version: string, highest: SemVer): boolean {
  const own = stable(version);
  return own !== undefined && compare(own, highest) >= 0;
}

/** The highest stable version among tags such as `v1.2.3` and `1.2.3`; `1.2` and `1.2.3-rc.1` are none. */
export function highestStable(tags: readonly string[]): SemVer | undefined {
  return tags
    .map(stable)
    .filter(version => version !== undefined)
    .sort(compare)
    .at(-1);
}

function stable(text: string): SemVer | undefined {
  const version = parse(text);
  return version === null || version.prerelease.length > 0 ? undefined : version;
}

async function mustBeFree(
  client: RegistryClient,
  repository: Repository,
  tags: readonly string[],
  digest: string,
  globs: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const fixed = tags.filter(tag => globs.some(glob => matchesGlob(tag, glob)));
  await pMap(fixed, async tag => {
    const there = await headManifest(client, repository, tag, signal, 'push');
    if (there === undefined || there === digest) return;
    throw new SlipwayError(
      'TAG_IMMUTABLE',
      `${formatRepository(repository)}:${tag} is ${there} and may not become ${digest}: immutable-tags holds it`,
      { hint: 'Release under a new version. No tag was written.' },
    );
  });
}
