import type { Toolchain } from '../../core/record/schema.ts';
import { type Span, table, timeline } from '../../core/summary.ts';
import { formatTarget } from '../../core/target.ts';
import { formatDuration, formatSize } from '../../core/units.ts';
import type { Built } from './execute.ts';

const proofs: Record<Toolchain['verifiedBy'], string> = {
  'checksum-database': 'proven by the checksum database',
  sha256: 'sha256 of the official index',
  'runner-image': 'put there by the runner’s image, not checked',
};

/** One line on the toolchain: version, how it was verified, hash. */
export function toolchainLine({ version, verifiedBy, hash }: Toolchain): string {
  return `**${version}**, ${proofs[verifiedBy]} (\`${hash}\`)`;
}

/** What the job summary says of a build: a table of the programs and the course of time. */
export function buildSummary(
  title: string,
  toolchain: Toolchain,
  built: readonly Built[],
  spans: readonly Span[],
): string {
  const rows = built.map(({ build, size, sha256, span }) => [
    build.package.name,
    formatTarget(build.target),
    formatSize(size),
    formatDuration(span.end - span.start),
    `\`${sha256}\``,
  ]);
  return [
    `### ${title}`,
    `Toolchain: ${toolchainLine(toolchain)}`,
    table(['Program', 'Target', 'Size', 'Time', 'sha256'], rows),
    timeline('Build', spans),
  ].join('\n\n');
}
