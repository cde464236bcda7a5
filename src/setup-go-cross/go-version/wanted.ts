import { satisfies, validRange } from 'semver';
import { SlipwayError } from '../../core/errors.ts';
import { compareGo, formatGoVersion, type GoVersion, isOldNaming, toSemver, tryParseGoVersion } from './go-version.ts';

/** The Go that is asked for, and who asks, for the log: `go.mod: toolchain go1.26.8`. */
export type Wanted = { readonly why: string } & (
  | { readonly kind: 'exact'; readonly version: string }
  /** Of several the newest; `range` is a semantic version range. */
  | { readonly kind: 'range'; readonly range: string }
  | { readonly kind: 'stable' }
);

/** What the input `go-version` means: `1.26` and `1.26.x` are the newest patch of that line, as in setup-go. */
export function parseWanted(text: string, why: string): Wanted {
  const spec = text.trim().replace(/^go(?=\d)/, '');
  if (spec === 'stable') return { kind: 'stable', why };
  const version = tryParseGoVersion(spec);
  if (version !== undefined && (version.patch !== undefined || version.pre !== undefined)) {
    return { kind: 'exact', version: formatGoVersion(canonical(version)), why };
  }
  if (validRange(spec) === null || spec === '') {
    throw new SlipwayError('GO_VERSION_INVALID', `${why}: "${text}" is not a version of Go`, {
      hint: 'Write 1.26.8, 1.26.x, 1.26, 1.27rc1 or stable.',
    });
  }
  return { kind: 'range', range: spec, why };
}

/** The newest of the versions (Go's names without `go`) that fits; `stable` leaves out pre-releases. */
export function choose(wanted: Wanted, available: readonly string[]): string | undefined {
  if (wanted.kind === 'exact') return available.find(version => version === wanted.version);
  const fits = (version: GoVersion) =>
    wanted.kind === 'stable' ? version.pre === undefined : satisfies(toSemver(version), wanted.range);
  const fitting = available
    .map(tryParseGoVersion)
    .filter(version => version !== undefined)
    .filter(fits)
    .sort(compareGo);
  const newest = fitting.at(-1);
  return newest && formatGoVersion(newest);
}

/** `1.20.0` was released as `1.20`. */
export function canonical(version: GoVersion): GoVersion {
  const { major, minor, patch } = version;
  return patch === 0 && isOldNaming(major, minor) ? { major, minor } : version;
}
