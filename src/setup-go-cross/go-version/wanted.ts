import { satisfies, validRange } from 'semver';
import { SlipwayError } from '../../core/errors.ts';
import {
  compareGo,
  formatGoVersion,
  type GoVersion,
  isOldNaming,
  parseGoVersion,
  toSemver,
  tryParseGoVersion,
} from './go-version.ts';

/** The Go that is asked for, and who asks, for the log: `go.mod: toolchain go1.26.8`. */
export type Wanted = { readonly why: string } & (
  | { readonly kind: 'exact'; readonly version: string }
  /** Of several the newest; `range` is a semantic version range. */
  | { readonly kind: 'range'; readonly range: string }
  /** The newest release, and the newest of the line before it. */
  | { readonly kind: 'stable' | 'oldstable' }
);

/** What the input `go-version` means: `1.26` and `1.26.x` are the newest patch of that line, as in setup-go. */
export function parseWanted(text: string, why: string): Wanted {
  const spec = text.trim().replace(/^go(?=\d)/, '');
  if (spec === 'stable' || spec === 'oldstable') return { kind: spec, why };
  const version = tryParseGoVersion(spec);
  if (version !== undefined && (version.patch !== undefined || version.pre !== undefined)) {
    return { kind: 'exact', version: formatGoVersion(canonical(version)), why };
  }
  const range = inSemver(spec);
  if (validRange(range) === null || spec === '') {
    throw new SlipwayError('GO_VERSION_INVALID', `${why}: "${text}" is not a version of Go`, {
      hint: 'Write 1.26.8, 1.26.x, 1.26, 1.27rc1, stable or oldstable.',
    });
  }
  return { kind: 'range', range, why };
}

/** Go's names of pre-releases within a range: `>=1.27rc1` is `>=1.27.0-rc.1`. */
function inSemver(spec: string): string {
  return spec.replace(/(\d+\.\d+)(beta|rc)(\d+)/g, '$1.0-$2.$3');
}

/** What is asked for by the names of a log: a version, a range, `stable`. */
export function nameOf(wanted: Wanted): string {
  return wanted.kind === 'range' ? wanted.range : wanted.kind === 'exact' ? wanted.version : wanted.kind;
}

/** The named version, or (policy `patch`) the newest patch of its line that is not older; ranges stay as they are. */
export function withPolicy(wanted: Wanted, policy: 'exact' | 'patch'): Wanted {
  if (policy === 'exact' || wanted.kind !== 'exact') return wanted;
  return { kind: 'range', range: `~${toSemver(parseGoVersion(wanted.version))}`, why: `${wanted.why}, newest patch` };
}

/** The newest of the versions (Go's names without `go`) that fits; `stable` and `oldstable` leave out pre-releases. */
export function choose(wanted: Wanted, available: readonly string[]): string | undefined {
  if (wanted.kind === 'exact') return available.find(version => version === wanted.version);
  const fits = (version: GoVersion) =>
    wanted.kind === 'range' ? satisfies(toSemver(version), wanted.range) : version.pre === undefined;
  const fitting = available
    .map(tryParseGoVersion)
    .filter(version => version !== undefined)
    .filter(fits)
    .sort(compareGo);
  const newest = fitting.at(-1);
  const before = (version: GoVersion) => version.major !== newest?.major || version.minor !== newest.minor;
  const chosen = wanted.kind === 'oldstable' ? fitting.filter(before).at(-1) : newest;
  return chosen && formatGoVersion(chosen);
}

/** `1.20.0` was released as `1.20`. */
export function canonical(version: GoVersion): GoVersion {
  const { major, minor, patch, pre } = version;
  return patch === 0 && pre === undefined && isOldNaming(major, minor) ? { major, minor } : version;
}
