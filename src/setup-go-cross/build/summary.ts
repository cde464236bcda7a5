import type { ReleaseRecord, Toolchain } from '../../core/record/schema.ts';
import { type Span, table, timeline } from '../../core/summary.ts';
import { formatTarget } from '../../core/target.ts';
import { formatDuration, formatSize } from '../../core/units.ts';
import { testSummary } from '../test/summary.ts';
import type { Built } from './execute.ts';
import { programName } from './packages.ts';
import { sizesSummary } from './sizes.ts';

const proofs: Record<Toolchain['verifiedBy'], string> = {
  'checksum-database': 'proven by the checksum database',
  sha256: 'sha256 of the official index',
  'runner-image': 'put there by the runner’s image, not checked',
};

/** One line on the toolchain: version, how it was verified, hash. */
export function toolchainLine({ version, verifiedBy, hash }: Toolchain): string {
  return `**${version}**, ${proofs[verifiedBy]} (\`${hash}\`)`;
}

export interface BuildReport {
  readonly toolchain: Toolchain;
  /** Whether modules and build results came from the runner's cache. */
  readonly cacheHit: boolean;
  readonly built: readonly Built[];
  readonly release: ReleaseRecord;
  readonly previous: ReleaseRecord | undefined;
  readonly spans: readonly Span[];
  /** The lines that make the binaries by hand, and where they are run: a path from the repository's top. */
  readonly lines: readonly string[];
  readonly place: string;
}

/** What the job summary says of a build: the programs, how they were tested, their sizes, the course of time, by hand. */
export function buildSummary({ toolchain, cacheHit, built, release, previous, ...more }: BuildReport): string {
  const { tests } = release;
  return [
    `### ${release.name} ${release.version}`,
    `Toolchain: ${toolchainLine(toolchain)}${cacheHit ? '. The runner’s cache was restored.' : ''}`,
    programs(built, release),
    ...(tests === undefined ? [] : ['#### Tests', testSummary(tests)]),
    ...(previous === undefined ? [] : [sizesSummary(previous, release)]),
    timeline('Build', more.spans),
    linesByHand(release, more.place, more.lines),
  ].join('\n\n');
}

/** What the job summary says when the records of a matrix were joined. */
export function mergeSummary(release: ReleaseRecord, previous: ReleaseRecord | undefined): string {
  const rows = release.binaries.map(({ package: path, target, size, sha256 }) => [
    programName(path),
    target,
    formatSize(size),
    `\`${sha256}\``,
  ]);
  return [
    `### ${release.name} ${release.version}`,
    ...(release.toolchain === undefined ? [] : [`Toolchain: ${toolchainLine(release.toolchain)}`]),
    table(['Program', 'Target', 'Size', 'sha256'], rows),
    ...(release.tests === undefined ? [] : ['#### Tests', testSummary(release.tests)]),
    ...(previous === undefined ? [] : [sizesSummary(previous, release)]),
  ].join('\n\n');
}

/** A column on reproducibility is there when it was looked at. */
function programs(built: readonly Built[], { binaries }: ReleaseRecord): string {
  const again = new Map(binaries.map(({ sha256, reproducible }) => [sha256, reproducible]));
  const checked = built.some(({ sha256 }) => again.get(sha256) !== undefined);
  const rows = built.map(({ build, size, sha256, span, compiled }) => [
    build.package.name,
    formatTarget(build.target),
    formatSize(size),
    formatDuration(span.end - span.start),
    compiled === 0 ? 'warm' : `${compiled} compiled`,
    ...(checked ? [{ true: 'yes', false: '**no**', undefined: 'not checked' }[String(again.get(sha256))]!] : []),
    `\`${sha256}\``,
  ]);
  const head = ['Program', 'Target', 'Size', 'Time', 'Build cache', ...(checked ? ['Reproducible'] : []), 'sha256'];
  return table(head, rows);
}

function linesByHand({ commit, version }: ReleaseRecord, place: string, lines: readonly string[]): string {
  const clone = commit === undefined ? 'the same source' : `a clone of \`${commit}\``;
  return [
    '<details><summary>The same bytes by hand</summary>',
    `In ${clone}${version.endsWith('+dirty') ? ' with the same changes' : ''}${place === '' ? '' : `, in the folder \`${place}\``}:`,
    ['```sh', ...lines, '```'].join('\n'),
    '</details>',
  ].join('\n\n');
}
