import { readExecutable, readGoBinary } from '../core/binary/index.ts';
import { SlipwayError } from '../core/errors.ts';
import { formatTarget, type Target } from '../core/target.ts';

/** A program that goes into the image of one platform. */
export interface ImageBinary {
  readonly target: Target;
  /** Import path of the main package, or the program's name where it is unknown. */
  readonly package: string;
  /** File name in the image. */
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Hex. */
  readonly sha256: string;
}

/** What the bytes of a program say. `package` is undefined for a program that Go did not build. */
export interface Inspected {
  readonly target: Target;
  readonly package: string | undefined;
  readonly interpreter: string | undefined;
}

/** Reads a program's own header and build information. Throws `BINARY_UNKNOWN` for a text file, say. */
export async function inspect(path: string): Promise<Inspected> {
  try {
    const { target, buildinfo, interpreter } = await readGoBinary(path);
    const unnamed = buildinfo.path === '' || buildinfo.path === 'command-line-arguments';
    return { target, package: unnamed ? undefined : buildinfo.path, interpreter };
  } catch (error) {
    if (!(error instanceof SlipwayError) || error.code !== 'BINARY_NOT_GO') throw error;
    const { os, machine, interpreter } = await readExecutable(path);
    return { target: { os, arch: machine }, package: undefined, interpreter };
  }
}

/** Throws unless the program is for the target that it is said to be for. A variant that the bytes do not tell is believed. */
export function checkTarget(path: string, said: Target, found: Target): void {
  const variant = (target: Target) => target.variant ?? defaults[target.arch];
  const same =
    said.os === found.os &&
    said.arch === found.arch &&
    (found.variant === undefined || variant(said) === variant(found));
  if (same) return;
  throw new SlipwayError(
    'BINARY_PLATFORM',
    `${path} is said to be for ${formatTarget(said)}, but it is for ${formatTarget(found)}`,
    { hint: 'Build it for the right target, or correct its name or record.' },
  );
}

const defaults: Record<string, string> = { arm: 'v7', amd64: 'v1', arm64: 'v8' };

/** Throws when a program needs a dynamic loader that `scratch` does not have: the container would not start. */
export function checkStatic(path: string, interpreter: string | undefined): void {
  if (interpreter === undefined) return;
  throw new SlipwayError(
    'BINARY_DYNAMIC',
    `${path} is linked dynamically (it wants ${interpreter}), and scratch has no loader`,
    {
      hint: 'Build with CGO_ENABLED=0, or choose a base that has this C library.',
    },
  );
}

/** The file name of a Go program by its import path: `example.com/hello/v2` gives `hello`, as `go install` would. */
export function programName(importPath: string): string {
  const parts = importPath.split('/');
  const last = parts.at(-1)!;
  return /^v\d+$/.test(last) && parts.length > 1 ? parts.at(-2)! : last;
}
