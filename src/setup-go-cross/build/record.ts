import { join } from 'node:path';
import { emptyRecord } from '../../core/record/begin.ts';
import { type LoadedRecord, outputFolder, saveRecord } from '../../core/record/files.ts';
import { mergeRecords } from '../../core/record/merge.ts';
import type { Archive, Binary, ReleaseRecord, Toolchain } from '../../core/record/schema.ts';
import { formatTarget } from '../../core/target.ts';
import type { Release } from '../../core/version.ts';
import { writeSums } from '../outputs/sums.ts';
import type { Built } from './execute.ts';

/** `release-linux-arm-v7.json` for one target (a job of a matrix), so that the jobs' records can lie side by side; else `release.json`. */
export function recordFile(directory: string, built: readonly Pick<Built, 'build'>[]): string {
  return join(directory, outputFolder, `release${partOf(built)}.json`);
}

/** `provenance.intoto.json`, or one a target, as the record. */
export function provenanceFile(directory: string, built: readonly Pick<Built, 'build'>[]): string {
  return join(directory, outputFolder, `provenance${partOf(built)}.intoto.json`);
}

function partOf(built: readonly Pick<Built, 'build'>[]): string {
  const targets = new Set(built.map(({ build }) => formatTarget(build.target)));
  return targets.size === 1 ? `-${[...targets][0]!.replaceAll('/', '-')}` : '';
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

/** What was made beside the programs, as the record has it. */
export interface Beside {
  readonly evidence: (one: Built) => Partial<Binary>;
  readonly archives: readonly Archive[];
  /** Path of the statement. */
  readonly provenance: string | undefined;
}

export function recordOf(
  built: readonly Built[],
  release: Release,
  toolchain: Toolchain,
  beside: Beside,
): ReleaseRecord {
  return {
    ...emptyRecord({ ...release, name: releaseName(built) }),
    toolchain,
    binaries: built.map(one => ({
      package: one.build.package.path,
      target: formatTarget(one.build.target),
      path: one.build.output,
      size: one.size,
      sha256: one.sha256,
      ...(one.build.cgo === undefined ? {} : { compiler: { ...one.build.cgo.compiler } }),
      ...(one.build.header === undefined ? {} : { header: one.build.header }),
      ...(one.build.machines === undefined ? {} : { machines: [...one.build.machines] }),
      ...beside.evidence(one),
    })),
    ...(beside.archives.length === 0 ? {} : { archives: [...beside.archives] }),
    ...(beside.provenance === undefined ? {} : { provenance: [beside.provenance] }),
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
