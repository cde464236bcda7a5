import * as v from 'valibot';
import { SlipwayError } from '../errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { hexOf } from '../oci/digest.ts';
import { acceptedManifests, mediaTypes } from '../oci/media-types.ts';
import type { RegistryClient } from './client.ts';
import { resolveLocation } from './endpoint.ts';
import { formatRepository, type Repository } from './reference.ts';
import { scopeOf } from './session.ts';
import type { Incoming } from './transport.ts';

/** What is attached to a manifest. */
export interface Referrers {
  /** Whether the registry keeps the list itself; else it is an index under the tag of `referrersTag`. */
  readonly api: boolean;
  readonly descriptors: readonly Descriptor[];
}

const limit = 4 * 1024 * 1024;
/** Milliseconds for one page with all its tries. */
const within = 120_000;
const maxPages = 100;

const Listed = v.looseObject({
  manifests: v.nullish(
    v.array(
      v.looseObject({
        mediaType: v.string(),
        digest: v.string(),
        size: v.number(),
        artifactType: v.optional(v.string()),
        annotations: v.optional(v.record(v.string(), v.string())),
      }),
    ),
    [],
  ),
});

/** The tag of the list where the registry keeps none (distribution specification, "Referrers Tag Schema"). */
export const referrersTag = (digest: string) => `sha256-${hexOf(digest)}`;

/**
 * Everything attached to a manifest: from the referrers API, else from the fallback tag.
 *
 * @param access what the token is asked for: one token serves a whole push
 */
export async function listReferrers(
  client: RegistryClient,
  repository: Repository,
  digest: string,
  signal: AbortSignal,
  access: 'pull' | 'push' = 'pull',
): Promise<Referrers> {
  const session = client.session(repository);
  const doing = `listing what is attached to ${formatRepository(repository)}@${digest}`;
  const descriptors: Descriptor[] = [];
  let url: URL | undefined = new URL(`/v2/${repository.path}/referrers/${digest}`, session.origin);
  for (let page = 0; url !== undefined && page < maxPages; page++) {
    const at: URL = url;
    const ask = {
      method: 'GET',
      url: at,
      scopes: [scopeOf(repository, access)],
      accept: [200, 400, 404, 405],
    } as const;
    const got = await session.retrying(doing, within, signal, async limited => {
      const answer = await session.attempt({ ...ask, headers: { accept: mediaTypes.index } }, limited);
      if (isList(answer)) return { bytes: await answer.bytes(limit), link: String(answer.headers['link'] ?? '') };
      await answer.discard();
      return undefined;
    });
    if (got === undefined)
      return { api: false, descriptors: await readReferrersTag(client, repository, digest, signal, access) };
    descriptors.push(...read(got.bytes, doing));
    const next = /<([^>]+)>\s*;\s*rel="?next"?/.exec(got.link)?.[1];
    url = next === undefined ? undefined : resolveLocation(next, at);
  }
  return { api: true, descriptors };
}

/** Registries without the API answer 404; some answer any path with a page of theirs. */
function isList(answer: Incoming): boolean {
  return answer.status === 200 && (answer.headers['content-type'] ?? '').startsWith(mediaTypes.index);
}

/** The list under the fallback tag; empty where there is no such tag. */
export async function readReferrersTag(
  client: RegistryClient,
  repository: Repository,
  digest: string,
  signal: AbortSignal,
  access: 'pull' | 'push',
): Promise<readonly Descriptor[]> {
  const tag = referrersTag(digest);
  const doing = `reading ${formatRepository(repository)}:${tag}`;
  const ask = {
    method: 'GET',
    url: `/v2/${repository.path}/manifests/${tag}`,
    scopes: [scopeOf(repository, access)],
    headers: { accept: acceptedManifests },
    accept: [200, 404],
  } as const;
  const session = client.session(repository);
  const bytes = await session.retrying(doing, within, signal, async limited => {
    const answer = await session.attempt(ask, limited);
    if (answer.status === 200) return answer.bytes(limit);
    await answer.discard();
    return undefined;
  });
  return bytes === undefined ? [] : read(bytes, doing);
}

function read(bytes: Buffer, doing: string): readonly Descriptor[] {
  try {
    return v.parse(Listed, JSON.parse(bytes.toString('utf8'))).manifests as readonly Descriptor[];
  } catch (cause) {
    throw new SlipwayError('REGISTRY_ANSWER', `${doing}: the answer is no index`, {
      hint: 'A proxy in between may have answered in the registry’s place, or somebody wrote another thing under this tag.',
      cause,
    });
  }
}
