import * as v from 'valibot';
import { SlipwayError } from '../errors.ts';
import type { RegistryClient } from './client.ts';
import { resolveLocation } from './endpoint.ts';
import { formatRepository, type Repository } from './reference.ts';
import { scopeOf } from './session.ts';

/** Milliseconds for one page with all its tries. */
const within = 120_000;
const pageLimit = 16 * 1024 * 1024;
/** Of 1,000 tags each. */
const maxPages = 100;

const Page = v.object({ tags: v.nullish(v.array(v.string()), []) });

/**
 * All tags of a repository, page by page (distribution specification, "Listing Tags").
 *
 * @param access what the token is asked for: one token serves a whole push
 * @returns an empty list when there is no such repository yet
 */
export async function listTags(
  client: RegistryClient,
  repository: Repository,
  signal: AbortSignal,
  access: 'pull' | 'push' = 'pull',
): Promise<string[]> {
  const session = client.session(repository);
  const doing = `listing the tags of ${formatRepository(repository)}`;
  const scopes = [scopeOf(repository, access)];
  const tags: string[] = [];
  let url: URL | undefined = new URL(`/v2/${repository.path}/tags/list?n=1000`, session.origin);
  for (let page = 0; url !== undefined && page < maxPages; page++) {
    const at: URL = url;
    const { bytes, link } = await session.retrying(doing, within, signal, async limited => {
      const answer = await session.attempt({ method: 'GET', url: at, scopes, accept: [200, 404] }, limited);
      if (answer.status !== 404) return { bytes: await answer.bytes(pageLimit), link: answer.headers['link'] };
      await answer.discard();
      return { bytes: undefined, link: undefined };
    });
    if (bytes === undefined) return tags;
    tags.push(...read(bytes, doing));
    const next = /<([^>]+)>\s*;\s*rel="?next"?/.exec(String(link ?? ''))?.[1];
    url = next === undefined ? undefined : resolveLocation(next, at);
  }
  return tags;
}

function read(bytes: Buffer, doing: string): readonly string[] {
  try {
    return v.parse(Page, JSON.parse(bytes.toString('utf8'))).tags ?? [];
  } catch (cause) {
    throw new SlipwayError('REGISTRY_ANSWER', `${doing}: the answer is no list of tags`, {
      hint: 'A proxy in between may have answered in the registry’s place.',
      cause,
    });
  }
}
