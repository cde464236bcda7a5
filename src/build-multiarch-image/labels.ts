import type { ReleaseRecord } from '../core/record/schema.ts';

/** The image of the base, for those who want to know what to rebuild when it changes. */
export interface BaseImage {
  /** As the user wrote it, without digest; undefined for a layout. */
  readonly name: string | undefined;
  readonly digest: string;
}

/** ISO 8601 without fractions, from seconds since 1970. */
export function isoTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}

/** `org.opencontainers.image.*` (image-spec, annotations.md) from what the record and the runner know. */
export function standardLabels(
  record: Pick<ReleaseRecord, 'name' | 'version' | 'commit'>,
  created: string,
  env: NodeJS.ProcessEnv,
): Record<string, string> {
  const [server, repository] = [env['GITHUB_SERVER_URL'], env['GITHUB_REPOSITORY']];
  const source = server && repository ? `${server}/${repository}` : undefined;
  const known: Record<string, string | undefined> = {
    created,
    title: record.name,
    version: record.version,
    revision: record.commit,
    source,
  };
  return prefixed(known);
}

/** The base's part of them. */
export function baseLabels(base: BaseImage | undefined): Record<string, string> {
  return prefixed({ 'base.name': base?.name, 'base.digest': base?.digest });
}

function prefixed(known: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(known)
      .filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '')
      .map(([name, value]) => [`org.opencontainers.image.${name}`, value]),
  );
}
