import { resolve } from 'node:path';
import { SlipwayError } from '../../core/errors.ts';
import { canonicalTarget, formatTarget, goEnvironment, type Target, withVariant } from '../../core/target.ts';
import type { Cgo, CgoPlans } from '../cgo/plan.ts';
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
}

/** Every package for every target. Pure: nothing is asked, nothing is written. */
export function planBuilds(
  packages: readonly MainPackage[],
  targets: readonly Target[],
  settings: BuildSettings,
): Build[] {
  const builds = targets.flatMap(target => packages.map(main => planBuild(main, canonicalTarget(target), settings)));
  const taken = new Map<string, Build>();
  for (const build of builds) {
    const other = taken.get(build.output);
    if (other !== undefined) {
      const both = [other, build].map(one => `${one.package.path} for ${formatTarget(one.target)}`).join(' and ');
      throw new SlipwayError('OUTPUT_COLLISION', `${both} would both be written to ${build.output}`, {
        hint: 'Put {name} and {target} into the input output.',
      });
    }
    taken.set(build.output, build);
  }
  return builds;
}

function planBuild(main: MainPackage, target: Target, settings: BuildSettings): Build {
  const values = valuesOf(main.name, target, settings.version, settings.commit);
  const cgo = settings.cgo?.get(formatTarget(target));
  const stamp = settings.stamp ? [`-X=main.version=${settings.stamp}`] : [];
  const linker = [fill(settings.ldflags, values), ...stamp, ...(cgo?.ldflags ?? [])];
  const ldflags = linker.filter(part => part !== '').join(' ');
  const tags = [settings.tags, ...(cgo?.tags ?? [])].filter(tag => tag !== '').join(',');
  return {
    package: main,
    target,
    output: resolve(settings.directory, fill(settings.output, values)),
    env: { CGO_ENABLED: cgo === undefined ? '0' : '1', ...goEnvironment(withVariant(target)), ...cgo?.env },
    flags: [
      ...(settings.trimpath ? ['-trimpath'] : ['-trimpath=false']),
      '-buildvcs=auto',
      ...(ldflags === '' ? [] : [`-ldflags=${ldflags}`]),
      ...(tags === '' ? [] : [`-tags=${tags}`]),
    ],
    cgo,
  };
}

/** A word of a shell's command line. */
export const quote = (word: string) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

/** The call of `go build`, for a shell; `byHand` adds what it needs of the environment. */
export function commandLine({ env, flags, package: main }: Build, output: string): string {
  const variables = Object.entries(env).map(([name, value]) => `${name}=${quote(value)}`);
  return [...variables, 'go', 'build', ...flags.map(quote), '-o', quote(output), main.path].join(' ');
}
