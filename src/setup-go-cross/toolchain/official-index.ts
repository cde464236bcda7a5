import { join } from 'node:path';
import * as v from 'valibot';
import { messageOf, SlipwayError } from '../../core/errors.ts';
import { log } from '../../core/log.ts';
import { formatSize } from '../../core/units.ts';
import { dirHash } from './dirhash.ts';
import { download } from './download.ts';
import type { Host } from './host.ts';
import { absent, bare, type GetOptions, getText, unavailable } from './http.ts';
import type { Source } from './source.ts';
import { unpackTarGz, unpackZip } from './unpack.ts';

const Release = v.object({
  version: v.string(),
  files: v.array(
    v.object({
      filename: v.string(),
      os: v.string(),
      arch: v.string(),
      kind: v.string(),
      sha256: v.string(),
      size: v.number(),
    }),
  ),
});
const Index = v.array(Release);

/** go.dev/dl, or a mirror with the same index: each archive is checked against the sha256 and size that the index gives. */
export function officialIndex(base: string, host: Host, network: Omit<GetOptions, 'signal'> = {}): Source {
  const root = base.replace(/\/+$/, '');
  let index: Promise<v.InferOutput<typeof Index>> | undefined;
  const releases = (signal: AbortSignal) => {
    index ??= readIndex(`${root}/?mode=json&include=all`, { ...network, signal });
    return index;
  };
  const archiveOf = (release: v.InferOutput<typeof Release>) =>
    release.files.find(({ os, arch, kind }) => kind === 'archive' && os === host.os && archNames(host).includes(arch));
  return {
    name: `official index ${bare(root)}`,
    async versions(signal) {
      return (await releases(signal)).filter(archiveOf).map(({ version }) => version.replace(/^go/, ''));
    },
    async fetch(version, into, scratch, signal) {
      const archive = (await releases(signal)).filter(one => one.version === `go${version}`).map(archiveOf)[0];
      if (archive === undefined) throw absent(root, `it has no go${version} for ${host.os}/${host.arch}`);
      if (!/^[\w.-]+$/.test(archive.filename)) throw wrong(root, `it names a file "${archive.filename}"`);
      const url = `${root}/${archive.filename}`;
      log.info(`downloading ${bare(url)} (${formatSize(archive.size)})`);
      const path = join(scratch, archive.filename);
      const got = await download(url, path, { ...network, signal });
      if (got === undefined) throw absent(url, 'the index names it, but it is not there');
      if (got.size !== archive.size) throw wrong(url, `it has ${got.size} bytes, the index says ${archive.size}`);
      if (got.sha256 !== archive.sha256)
        throw wrong(url, `its sha256 is ${got.sha256}, the index says ${archive.sha256}`);
      const unpack = archive.filename.endsWith('.zip') ? unpackZip : unpackTarGz;
      const files = await unpack(path, into, { prefix: 'go/' }, signal);
      const naming = { prefix: 'go/', module: false };
      return {
        toolchain: { version: `go${version}`, source: bare(url), verifiedBy: 'sha256', hash: got.sha256 },
        tree: dirHash(files, naming.prefix),
        naming,
      };
    },
  };
}

/** Archives for 32-bit ARM are built for v6 and say so. */
const archNames = ({ arch }: Host) => (arch === 'arm' ? ['arm', 'armv6l'] : [arch]);

async function readIndex(url: string, options: GetOptions): Promise<v.InferOutput<typeof Index>> {
  const text = await getText(url, options);
  if (text === undefined) throw absent(url, 'there is no index');
  try {
    return v.parse(Index, JSON.parse(text));
  } catch (error) {
    // A login page or a filter answers in its place: the index itself is not there.
    const start = JSON.stringify(text.trimStart().slice(0, 40));
    throw new SlipwayError(
      unavailable,
      `${bare(url)}: it is no index of Go releases (${messageOf(error).split('\n')[0]}); it begins with ${start}`,
      { cause: error },
    );
  }
}

function wrong(url: string, why: string): SlipwayError {
  return new SlipwayError('TOOLCHAIN_MISMATCH', `${bare(url)} is refused: ${why}`, {
    hint: 'The download was changed or cut off on its way, or the mirror is out of step. Nothing was installed.',
  });
}
