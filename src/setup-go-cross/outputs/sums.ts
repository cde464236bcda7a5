import { join } from 'node:path';
import { sha256File, writeAtomic } from '../../core/files.ts';
import type { LoadedRecord } from '../../core/record/files.ts';
import { portable } from './redact.ts';

/**
 * SHA256SUMS beside the record, in the form of sha256sum, which checks it (`cd slipway-out && sha256sum -c SHA256SUMS`):
 * programs and archives as the record has them, and the SBOMs, headers and statements that are at hand.
 */
export async function writeSums({ file, record }: LoadedRecord): Promise<void> {
  const folder = join(file, '..');
  const recorded = [...record.binaries, ...(record.archives ?? [])].map(({ path, sha256 }) => ({ path, sha256 }));
  const documents = [
    ...record.binaries.flatMap(({ sbom, header }) => [sbom ?? [], header ?? []].flat()),
    ...(record.provenance ?? []),
  ];
  const hashed = await Promise.all(documents.map(async path => ({ path, sha256: await hashIfThere(path) })));
  const lines = [...recorded, ...hashed].flatMap(({ path, sha256 }) =>
    sha256 === undefined ? [] : `${sha256}  ${portable(folder, path)}\n`,
  );
  if (lines.length > 0) await writeAtomic(join(folder, 'SHA256SUMS'), [...new Set(lines)].sort().join(''));
}

/** A job of a matrix may have kept its documents. */
async function hashIfThere(path: string): Promise<string | undefined> {
  return sha256File(path).catch(error => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  });
}
