import { SlipwayError } from '../../core/errors.ts';

/** A Go version in its parts: `1.26` has no patch, `1.26rc1` a pre-release; before 1.21 a patch could have one, too (`1.9.2rc2`). */
export interface GoVersion {
  readonly major: number;
  readonly minor: number;
  readonly patch?: number;
  readonly pre?: { readonly kind: 'beta' | 'rc'; readonly number: number };
}

const pattern = /^(?:go)?(\d+)\.(\d+)(?:\.(\d+))?(?:-?(beta|rc)\.?(\d+))?$/;

/** `1.26.8`, `go1.26.8`, `1.26`, `1.26rc1`, and the semantic form `1.26.0-rc.1`; undefined for anything else. */
export function tryParseGoVersion(text: string): GoVersion | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [major, minor, patch] = [Number(match[1]), Number(match[2]), match[3]];
  const kind = match[4] as 'beta' | 'rc' | undefined;
  if (kind === undefined) return patch === undefined ? { major, minor } : { major, minor, patch: Number(patch) };
  const pre = { kind, number: Number(match[5]) };
  if (Number(patch ?? 0) === 0) return { major, minor, pre };
  return isOldNaming(major, minor) ? { major, minor, patch: Number(patch), pre } : undefined;
}

export function parseGoVersion(text: string): GoVersion {
  const version = tryParseGoVersion(text);
  if (version !== undefined) return version;
  throw new SlipwayError('GO_VERSION_INVALID', `"${text}" is not a version of Go`, {
    hint: 'Write 1.26.8, 1.26.x, 1.26, 1.27rc1, stable or oldstable.',
  });
}

/** As Go names its releases, without `go`: `1.26.8`, `1.26rc1`. */
export function formatGoVersion({ major, minor, patch, pre }: GoVersion): string {
  const release = patch === undefined ? '' : `.${patch}`;
  return `${major}.${minor}${release}${pre === undefined ? '' : `${pre.kind}${pre.number}`}`;
}

/** The order of the go command: the language version 1.26 < 1.26beta1 < 1.26rc1 < 1.26.0 < 1.26.1 (go.dev/ref/mod#go-mod-file-go). */
export function compareGo(a: GoVersion, b: GoVersion): number {
  const key = ({ major, minor, patch, pre }: GoVersion) => [
    major,
    minor,
    // Before 1.21 the first release of a line had no patch: go1.20 is that release, not the language version.
    patch === undefined && pre === undefined && !isOldNaming(major, minor) ? -1 : (patch ?? 0),
    pre === undefined ? 2 : pre.kind === 'beta' ? 0 : 1,
    pre?.number ?? 0,
  ];
  const [left, right] = [key(a), key(b)];
  const at = left.findIndex((part, index) => part !== right[index]);
  return at < 0 ? 0 : Math.sign(left[at]! - right[at]!);
}

export function isOldNaming(major: number, minor: number): boolean {
  return major === 1 && minor < 21;
}

/** For ranges and for the tool cache's folders, as setup-go writes them: `1.26.8`, `1.20.0`, `1.26.0-rc.1`. */
export function toSemver({ major, minor, patch, pre }: GoVersion): string {
  return `${major}.${minor}.${patch ?? 0}${pre === undefined ? '' : `-${pre.kind}.${pre.number}`}`;
}
