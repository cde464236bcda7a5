import { SlipwayError } from '../errors.ts';
import { digestPattern } from '../oci/digest.ts';

/** A repository in a registry: `ghcr.io` and `acme/hello`. */
export interface Repository {
  /** Host, with the port when one is given; as written in references. */
  readonly host: string;
  readonly path: string;
}

/** A repository with a tag, a digest, or both (then the digest counts). */
export interface Reference {
  readonly repository: Repository;
  readonly tag?: string;
  /** `sha256:…` */
  readonly digest?: string;
}

// The grammar of distribution/reference, with the registry's host made mandatory.
const host =
  /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\[[0-9a-fA-F:]+\])(?::\d{1,5})?$/;
const component = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
/** A tag: a letter, digit or underscore, then up to 127 of these or `.` and `-`. */
export const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;

function invalid(text: string, why: string, hint: string): SlipwayError {
  return new SlipwayError('REFERENCE_INVALID', `"${text}" is not an image reference: ${why}`, { hint });
}

/**
 * `HOST[:PORT]/PATH[:TAG][@sha256:…]` → its parts. The host is never guessed.
 *
 * @throws `REFERENCE_INVALID` with what is wrong and how to write it
 */
export function parseReference(text: string): Reference {
  const at = text.indexOf('@');
  const digest = at < 0 ? undefined : text.slice(at + 1);
  if (digest !== undefined && !digestPattern.test(digest)) {
    throw invalid(text, `"${digest}" is not a digest`, 'A digest is sha256: and 64 lower-case hex digits.');
  }
  const rest = at < 0 ? text : text.slice(0, at);
  const slash = rest.indexOf('/');
  const name = slash < 0 ? '' : rest.slice(0, slash);
  if (name === '' || !(/[.:[]/.test(name) || name === 'localhost')) {
    const guess = rest === '' || rest.startsWith('/') ? 'acme/hello' : rest;
    throw invalid(text, 'it names no registry', `Write the host in front: ghcr.io/${guess} or docker.io/${guess}.`);
  }
  if (!host.test(name) || portOf(name) > 65_535) {
    throw invalid(
      text,
      `"${name}" is not a host`,
      'A host is a name or address, with :PORT if needed, without https://.',
    );
  }
  const colon = rest.indexOf(':', slash);
  const tag = colon < 0 ? undefined : rest.slice(colon + 1);
  if (tag !== undefined) checkTag(tag, text);
  const path = rest.slice(slash + 1, colon < 0 ? undefined : colon);
  return {
    repository: { host: name, path: checkPath(name, path, text) },
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

/** A repository without tag or digest, e.g. of the input `images`. */
export function parseRepository(text: string): Repository {
  const { repository, tag, digest } = parseReference(text);
  if (tag !== undefined || digest !== undefined) {
    const what = digest !== undefined ? 'digest' : 'tag';
    throw invalid(text, `it has a ${what}, and a repository is wanted`, `Write ${formatRepository(repository)}.`);
  }
  return repository;
}

/** Throws `REFERENCE_INVALID` unless the tag is one. `within` is the whole text, for the error. */
export function checkTag(tag: string, within = tag): void {
  if (tagPattern.test(tag)) return;
  const why = tag.length > 128 ? `its tag has ${tag.length} characters` : `"${tag}" is not a tag`;
  throw invalid(
    within,
    why,
    'A tag has 1 to 128 letters, digits, "_", "." and "-", and does not begin with "." or "-".',
  );
}

function checkPath(registry: string, path: string, text: string): string {
  const wrong = path.split('/').find(part => !component.test(part));
  if (wrong !== undefined) {
    const lower = path.toLowerCase();
    const why = `"${wrong}" is not a part of a repository name`;
    if (path !== lower && lower.split('/').every(part => component.test(part)))
      throw invalid(text, why, `Repository names are lower case: ${registry}/${lower}.`);
    throw invalid(text, why, 'Parts are lower-case letters and digits, with ".", "_", "__" or "-" between.');
  }
  // As every client does: official images of Docker Hub live below library/.
  const full = isDockerHub(registry) && !path.includes('/') ? `library/${path}` : path;
  if (registry.length + full.length > 254) throw invalid(text, 'it is too long', 'At most 255 characters.');
  return full;
}

function portOf(name: string): number {
  return Number(/:(\d+)$/.exec(name)?.[1] ?? 0);
}

export function isDockerHub(registry: string): boolean {
  return registry === 'docker.io' || registry === 'index.docker.io';
}

export function formatRepository({ host, path }: Repository): string {
  return `${host}/${path}`;
}

export function formatReference({ repository, tag, digest }: Reference): string {
  return `${formatRepository(repository)}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}
