import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { SlipwayError } from '../../core/errors.ts';
import { sha256, sha256File } from '../../core/files.ts';
import type { LoadedRecord } from '../../core/record/files.ts';
import type { ReleaseRecord } from '../../core/record/schema.ts';
import type { Body } from '../../core/registry/transport.ts';

/** A file of a GitHub release. */
export interface Asset {
  readonly name: string;
  /** Hex. */
  readonly sha256: string;
  readonly body: Body | Buffer;
  /** Bytes. */
  readonly size: number;
  /**
   * `evidence` is made anew by each run, with its number or a signature's time in it: what a published release has of it
   * is as good as ours. Anything else is the release itself.
   */
  readonly kind: 'program' | 'document' | 'evidence';
}

/**
 * What belongs to a release of this record: each program, as an archive where there is one of its target, SBOMs, C headers,
 * the provenance statements, the Sigstore bundles beside the record, and SHA256SUMS of all but the evidence.
 *
 * @throws SlipwayError RELEASE_ASSET_MISSING, RELEASE_ASSET_CHANGED, RELEASE_ASSET_NAMES
 */
export async function assetsOf({ file, record }: LoadedRecord): Promise<Asset[]> {
  const folder = dirname(file);
  const bundles = (await readdir(folder)).filter(name => name.endsWith(bundleSuffix)).map(name => join(folder, name));
  const assets = await Promise.all([
    ...programsOf(record).map(one => assetOf(one.path, 'program', one.sha256)),
    ...record.binaries
      .flatMap(({ sbom, header }) => [sbom ?? [], header ?? []].flat())
      .map(path => assetOf(path, 'document')),
    ...[...(record.provenance ?? []), ...bundles].map(path => assetOf(path, 'evidence')),
  ]);
  assertNames(assets);
  const sums = assets.filter(one => one.kind !== 'evidence').map(one => `${one.sha256}  ${one.name}\n`);
  const text = Buffer.from(sums.sort().join(''));
  const checksums: Asset = {
    name: checksumsName,
    sha256: sha256(text),
    body: text,
    size: text.length,
    kind: 'document',
  };
  return sums.length === 0 ? assets : [...assets, checksums];
}

export const checksumsName = 'SHA256SUMS';
/** Of a Sigstore bundle: `NAME.sigstore.json` is on NAME. */
export const bundleSuffix = '.sigstore.json';

/** Archives, and the binaries of targets that have none; by target. */
export function programsOf({
  binaries,
  archives = [],
}: ReleaseRecord): { target: string; path: string; sha256: string }[] {
  const packed = new Set(archives.map(({ target }) => target));
  const all = [...archives, ...binaries.filter(({ target }) => !packed.has(target))];
  return all.sort((a, b) => (a.target < b.target ? -1 : 1));
}

/** GitHub replaces other characters by a dot; doing it ourselves, we know the file again. */
export function assetName(path: string): string {
  return basename(path)
    .replaceAll(/[^\w.-]+/g, '.')
    .replaceAll(/^\.+|\.+$/g, '');
}

async function assetOf(path: string, kind: Asset['kind'], recorded?: string): Promise<Asset> {
  const size = await stat(path).then(
    found => found.size,
    (error: NodeJS.ErrnoException) => {
      throw new SlipwayError(
        'RELEASE_ASSET_MISSING',
        `${path} belongs to the release and cannot be read: ${error.code}`,
        {
          hint: 'Nothing was released. Download the whole folder slipway-out of the job that built it, not the record alone.',
        },
      );
    },
  );
  const found = await sha256File(path);
  if (recorded !== undefined && found !== recorded) {
    throw new SlipwayError('RELEASE_ASSET_CHANGED', `${path} has the sha256 ${found}, and ${recorded} is recorded`, {
      hint: 'Nothing was released. The file was changed after the build: build again.',
    });
  }
  const body: Body = { size, open: async () => createReadStream(path) };
  return { name: assetName(path), sha256: found, body, size, kind };
}

function assertNames(assets: readonly Asset[]): void {
  const twice = assets
    .map(({ name }) => name)
    .filter((name, at, all) => all.indexOf(name) !== at || name === checksumsName);
  if (twice.length === 0) return;
  throw new SlipwayError(
    'RELEASE_ASSET_NAMES',
    `several files of the release are called ${[...new Set(twice)].join(', ')}`,
    {
      hint: 'Nothing was released. A GitHub release has no folders: give the programs names of their own (input output).',
    },
  );
}
