import { join, relative } from 'node:path';
import { writeAtomic } from '../../core/files.ts';
import { emptyRecord } from '../../core/record/begin.ts';
import { type LoadedRecord, outputFolder, saveRecord } from '../../core/record/files.ts';
import { mergeRecords } from '../../core/record/merge.ts';
import type { ReleaseRecord, Toolchain } from '../../core/record/schema.ts';
import { formatTarget } from '../../core/target.ts';
import type { Release } from '../../core/version.ts';
import type { Built } from './execute.ts';

/** `release-linux-arm-v7.json` for one target (a job of a matrix), so that the jobs' records can lie side by side; else `release.json`. */
export function recordFile(directory: string, built: readonly Built[]): string {
  const targets = new Set(built.map(({ build }) => formatTarget(build.target)));
  const part = targets.size === 1 ? `-${[...targets][0]!.replaceAll('/', '-')}` : '';
  return join(directory, outputFolder, `release${part}.json`);
}

/** The name of a release: that of its only program, else of the module. */
export function releaseName(built: readonly Built[]): string {
  const names = new Set(built.map(({ build }) => build.package.name));
  if (names.size === 1) return [...names][0]!;
  return (
    built[0]!.build.package.module
      .replace(/\/v\d+$/, '')
      .split('/')
      .at(-1) || 'release'
  );
}

export function recordOf(built: readonly Built[], release: Release, toolchain: Toolchain): ReleaseRecord {
  return {
    ...emptyRecord({ ...release, name: releaseName(built) }),
    toolchain,
    binaries: built.map(({ build, size, sha256 }) => ({
      package: build.package.path,
      target: formatTarget(build.target),
      path: build.output,
      size,
      sha256,
      ...(build.header === undefined ? {} : { header: build.header }),
      ...(build.machines === undefined ? {} : { machines: [...build.machines] }),
    })),
  };
}

/** Writes the record, joined with that of the steps before, and SHA256SUMS beside it. */
export async function writeRecord(
  file: string,
  record: ReleaseRecord,
  before: LoadedRecord | undefined,
): Promise<LoadedRecord> {
  const whole = {
    file,
    record:
      before === undefined
        ? record
        : mergeRecords([
            { file: before.file, record: before.record },
            { file, record },
          ]),
  };
  await saveRecord(whole);
  await writeSums(whole);
  return whole;
}

/** In the form of sha256sum, which checks it: `cd slipway-out && sha256sum -c SHA256SUMS`. */
export async function writeSums({ file, record }: LoadedRecord): Promise<void> {
  const folder = join(file, '..');
  const lines = record.binaries.map(
    ({ path, sha256 }) => `${sha256}  ${relative(folder, path).replaceAll('\\', '/')}\n`,
  );
  if (lines.length > 0) await writeAtomic(join(folder, 'SHA256SUMS'), lines.sort().join(''));
}
