import type { Toolchain } from '../../core/record/schema.ts';
import { type Span, table, timeline } from '../../core/summary.ts';
import { formatTarget } from '../../core/target.ts';
import { formatDuration, formatSize } from '../../core/units.ts';
import type { Built } from './execute.ts';
import type { Beside } from './record.ts';

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
  { evidence }: Pick<Beside, 'evidence'>,
  spans: readonly Span[],
): string {
  const asked = built.some(one => evidence(one).reproducible !== undefined);
  const rows = built.map(one => [
    one.build.package.name,
    formatTarget(one.build.target),
    formatSize(one.size),
    formatDuration(one.span.end - one.span.start),
    `\`${one.sha256}\``,
    ...(asked ? [evidence(one).reproducible ? 'yes' : '**no** (CGO)'] : []),
  ]);
  const head = ['Program', 'Target', 'Size', 'Time', 'sha256', ...(asked ? ['Reproducible'] : [])];
  return [`### ${title}`, `Toolchain: ${toolchainLine(toolchain)}`, table(head, rows), timeline('Build', spans)].join(
    '\n\n',
  );
}
