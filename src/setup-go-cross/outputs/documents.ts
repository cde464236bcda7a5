import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import pMap from 'p-map';
import { compressesAsEverywhere } from '../../core/deflate.ts';
import { type SlipwayError, wrap } from '../../core/errors.ts';
import { log } from '../../core/log.ts';
import type { Archive } from '../../core/record/schema.ts';
import { linkedComponents } from '../../core/sbom/components.ts';
import type { Entry } from '../../core/tar.ts';
import { formatTarget } from '../../core/target.ts';
import type { Release } from '../../core/version.ts';
import type { Built, Move } from '../build/execute.ts';
import type { ArchiveName } from '../inputs.ts';
import { licensesOf, type ReadLicenses, type Sources } from '../licenses/of-modules.ts';
import { archiveTime, writeArchive } from './archive.ts';
import { archiveName, kindsFor } from './archive-name.ts';
import { sbomOf } from './sbom.ts';

/** What is made beside the programs. */
export interface OutputSettings {
  readonly release: Release;
  readonly sbom: boolean;
  readonly archives: readonly ArchiveName[];
  readonly archiveFiles: readonly Entry[];
}

/** Documents and archives under temporary names, and where they belong. */
export interface Outputs {
  readonly moves: Move[];
  readonly archives: readonly Archive[];
}

/** Where the SBOM of a program lies: CycloneDX's own ending behind the program's name. */
export const sbomPath = (output: string) => `${output}.cdx.json`;

/** The archives that a build will leave behind, before it begins: their paths are part of the plan. */
export function archivePaths(builds: readonly Built['build'][], { archives, release }: OutputSettings) {
  return builds.flatMap(build =>
    kindsFor(archives, build.target.os).map(kind => ({
      build,
      kind,
      path: join(dirname(build.output), archiveName(build, release.version, kind)),
    })),
  );
}

/** Writes SBOMs and archives into `folder`; each program is read once more only where it is packed. */
export async function writeOutputs(
  built: readonly Built[],
  folder: string,
  settings: OutputSettings,
  sources: Sources,
  signal: AbortSignal,
): Promise<Outputs> {
  const sboms = settings.sbom ? await writeSboms(built, folder, settings.release, licensesOf(sources)) : [];
  const { moves, archives } = await writeArchives(built, folder, settings, signal);
  return { moves: [...sboms, ...moves], archives };
}

function writeSboms(
  built: readonly Built[],
  folder: string,
  { version, commitTime }: Release,
  readLicenses: ReadLicenses,
): Promise<Move[]> {
  return Promise.all(
    built.map(async ({ build, binary, sha256 }, index) => {
      const from = join(folder, `sbom-${index}`);
      const { buildinfo } = binary;
      const licenses = await readLicenses(linkedComponents(buildinfo));
      const sbom = sbomOf({ buildinfo, sha256, version, commitTime }, licenses);
      return writeJson(from, sbomPath(build.output), sbom);
    }),
  );
}

async function writeArchives(built: readonly Built[], folder: string, settings: OutputSettings, signal: AbortSignal) {
  const planned = archivePaths(
    built.map(({ build }) => build),
    settings,
  );
  if (planned.length > 0 && !compressesAsEverywhere())
    log.warning(
      'This Node has another zlib than the official builds: a slower one in JavaScript makes the same bytes as elsewhere.',
    );
  const seconds = archiveTime(settings.release.commitTime);
  const done = await pMap(
    planned,
    async ({ build, kind, path }, index) => {
      const { file, sha256 } = built.find(one => one.build === build)!;
      const from = join(folder, `archive-${index}`);
      const program: Entry = { name: plainName(build), mode: 0o755, content: { path: file, sha256 } };
      const header: Entry[] = build.header === undefined ? [] : [headerEntry(build, file)];
      const entries = [program, ...header, ...settings.archiveFiles];
      const packed = await writeArchive(from, kind, entries, seconds, signal).catch(error => {
        signal.throwIfAborted();
        throw failed(path, error);
      });
      return { move: { from, to: path }, archive: { target: formatTarget(build.target), path, ...packed } };
    },
    // All are waited for, also after a failure: then nobody writes into the folder any more when it is removed.
    { concurrency: availableParallelism(), stopOnError: false },
  ).catch((error: AggregateError) => {
    throw error.errors[0];
  });
  return { moves: done.map(({ move }) => move), archives: done.map(({ archive }) => archive) };
}

/** What the program is called where it is installed: without target and version, with the ending of its kind. */
function plainName({ package: main, target, output }: Built['build']): string {
  const ending = /\.(exe|wasm|so|dll|dylib|a)$/.exec(output)?.[0] ?? (target.os === 'windows' ? '.exe' : '');
  return main.name.endsWith(ending) ? main.name : `${main.name}${ending}`;
}

/** The C header of a library, named as the library is; go has written it beside it. */
const headerEntry = ({ package: { name } }: Built['build'], file: string): Entry => ({
  name: `${name}.h`,
  mode: 0o644,
  content: { path: `${file}.h` },
});

/** Writes a document under its temporary name. */
export async function writeJson(from: string, to: string, value: unknown): Promise<Move> {
  await writeFile(from, `${JSON.stringify(value, undefined, 2)}\n`).catch(error => {
    throw failed(to, error);
  });
  return { from, to };
}

function failed(path: string, error: unknown): SlipwayError {
  const full = ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '');
  const hint = 'Free some disk space. Nothing of this build was left behind.';
  return full ? wrap('DISK', `writing ${path}`, error, hint) : wrap('OUTPUT_FAILED', `writing ${path}`, error);
}
