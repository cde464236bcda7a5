import { resolve } from 'node:path';
import { SlipwayError } from '../../core/errors.ts';
import { canonicalTarget, formatTarget, goEnvironment, type Target, withVariant } from '../../core/target.ts';
import type { Cgo, CgoPlans } from '../cgo/plan.ts';
import type { WantedTarget } from '../targets-value.ts';
import { type BuildMode, extensionOf, headerOf } from './buildmode.ts';
import { fill, valuesOf } from './output.ts';
import type { MainPackage } from './packages.ts';

/** How every program of this run is built. */
export interface BuildSettings {
  readonly directory: string;
  /** Template of the programs' paths. */
  readonly output: string;
  /** Passed to the linker; may hold placeholders. */
  readonly ldflags: string;
  /** Stamped as main.version; undefined when nobody asked for it. */
  readonly stamp: string | undefined;
  /** Comma-separated build tags. */
  readonly tags: string;
  readonly trimpath: boolean;
  /** How C code is built; undefined for pure Go. */
  readonly cgo?: CgoPlans | undefined;
  readonly buildmode?: BuildMode | undefined;
  readonly version: string;
  /** Full sha, or empty. */
  readonly commit: string;
}

/** One call of `go build`. */
export interface Build {
  readonly package: MainPackage;
  readonly target: Target;
  /** Absolute path of the program. */
  readonly output: string;
  /** What is set on top of the go command's environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Flags of `go build`, without -p, -o and the package. */
  readonly flags: readonly string[];
  /** Undefined for pure Go, which alone can be expected to be reproducible: CGO leaks paths (golang/go#77086, #77218). */
  readonly cgo?: Cgo | undefined;
  /** Undefined: Go's default. */
  readonly buildmode?: BuildMode | undefined;
  /** Absolute path of the C header that comes with a library. */
  readonly header?: string | undefined;
  /** Machines that asked for the target: `synology:DS920+`. */
  readonly machines?: readonly string[] | undefined;
}

/** Every package for every target that has it. Pure: nothing is asked, nothing is written. */
export function planBuilds(
  packages: readonly MainPackage[],
  targets: readonly WantedTarget[],
  settings: BuildSettings,
): Build[] {
  const builds = targets.flatMap(target =>
    packages
      .filter(({ without }) => !without?.includes(formatTarget(canonicalTarget(target))))
      .map(main => planBuild(main, target, settings)),
  );
  const taken = new Map<string, Build>();
  for (const build of builds) {
    for (const path of [build.output, ...(build.header === undefined ? [] : [build.header])]) {
      const other = taken.get(path);
      if (other !== undefined) throw collision(other, build, path);
      taken.set(path, build);
    }
  }
  return builds;
}

function collision(a: Build, b: Build, path: string): SlipwayError {
  const both = [a, b].map(one => `${one.package.path} for ${formatTarget(one.target)}`).join(' and ');
  return new SlipwayError('OUTPUT_COLLISION', `${both} would both be written to ${path}`, {
    hint:
      a.package.name === b.package.name && a.package.path !== b.package.path
        ? `Both programs are called ${a.package.name}: build them in two steps with an output each.`
        : 'Put {name} and {target} into the input output.',
  });
}

function planBuild(main: MainPackage, wanted: WantedTarget, settings: BuildSettings): Build {
  const target = canonicalTarget(wanted);
  const { buildmode } = settings;
  const values = valuesOf(main.name, target, settings.version, settings.commit, extensionOf(target, buildmode));
  const output = resolve(settings.directory, fill(settings.output, values));
  const header = headerOf(output, target, buildmode);
  const cgo = settings.cgo?.get(formatTarget(target));
  const stamp = settings.stamp ? [`-X=main.version=${settings.stamp}`] : [];
  const linker = [fill(settings.ldflags, values), ...stamp, ...(cgo?.ldflags ?? [])];
  const ldflags = linker.filter(part => part !== '').join(' ');
  const tags = [settings.tags, ...(cgo?.tags ?? [])].filter(tag => tag !== '').join(',');
  return {
    package: main,
    target,
    output,
    env: { CGO_ENABLED: cgo === undefined ? '0' : '1', ...goEnvironment(withVariant(target)), ...cgo?.env },
    flags: [
      ...(settings.trimpath ? ['-trimpath'] : ['-trimpath=false']),
      '-buildvcs=auto',
      ...(buildmode === undefined ? [] : [`-buildmode=${buildmode}`]),
      ...(ldflags === '' ? [] : [`-ldflags=${ldflags}`]),
      ...(tags === '' ? [] : [`-tags=${tags}`]),
    ],
    cgo,
    ...(buildmode === undefined ? {} : { buildmode }),
    ...(header === undefined ? {} : { header }),
    ...(wanted.machines === undefined ? {} : { machines: wanted.machines }),
  };
}

/** A word of a shell's command line. */
export const quote = (word: string) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

/** The call of `go build`, for a shell; `byHand` adds what it needs of the environment. */
export function commandLine({ env, flags, package: main }: Build, output: string): string {
  const variables = Object.entries(env).map(([name, value]) => `${name}=${quote(value)}`);
  return [...variables, 'go', 'build', ...flags.map(quote), '-o', quote(output), main.path].join(' ');
}
