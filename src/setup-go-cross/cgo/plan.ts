import { log } from '../../core/log.ts';
import { canonicalTarget, formatTarget, type Target } from '../../core/target.ts';
import type { Host } from '../toolchain/host.ts';
import { type CgoSetting, type Choice, chooseCompiler } from './choose.ts';
import { type Compiler, hasStaticLibc, inspectCompiler } from './compiler.ts';
import { missingError } from './missing.ts';
import { joinWords, ownFlags } from './own-compiler.ts';

/** How the C code of one target is built; part of a Build. */
export interface Cgo {
  /** CC, CXX, and the user's CGO_CFLAGS and its like. */
  readonly env: Readonly<Record<string, string>>;
  /** Added to the user's. */
  readonly tags: readonly string[];
  /** Added to the user's flags of the linker. */
  readonly ldflags: readonly string[];
  /** Whether the program must come out without a dynamic loader and without shared libraries. */
  readonly static: boolean;
  readonly compiler: Compiler;
  /** Debian packages, where C++ turns out to be needed. */
  readonly cxxPackages: readonly string[];
}

/** By target, in its canonical spelling. */
export type CgoPlans = ReadonlyMap<string, Cgo>;

/** The inputs that matter here. */
export interface CgoInputs {
  readonly cgo: CgoSetting;
  readonly buildmode: string | undefined;
  /** The user's own: who names a link mode there decides alone. */
  readonly ldflags: string;
}

/**
 * Finds the compiler of every target before anything is downloaded or built.
 *
 * @returns undefined with `cgo: off`
 * @throws SlipwayError CGO_IMPOSSIBLE, CGO_COMPILER_MISSING (with the line that installs all that is missing),
 *   CGO_COMPILER_WRONG
 */
export async function planCgo(
  inputs: CgoInputs,
  targets: readonly Target[],
  host: Host,
  all: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<CgoPlans | undefined> {
  const { cgo } = inputs;
  if (cgo === 'off') return undefined;
  // The action's inputs, secrets among them, are nothing for a compiler.
  const env = Object.fromEntries(Object.entries(all).filter(([name]) => !name.startsWith('INPUT_')));
  const choices = targets.map(target => chooseCompiler(cgo, canonicalTarget(target), host, env));
  const looked = await Promise.all(
    choices.map(async choice => {
      const linking = planLinking(choice.target, inputs);
      const compiler = await inspectCompiler(choice, env, signal);
      const libc = compiler === undefined || !linking.static || (await hasStaticLibc(choice, env, signal));
      return { choice, linking, compiler, libc };
    }),
  );
  const lacking = looked.filter(({ compiler, libc }) => compiler === undefined || !libc);
  if (lacking.length > 0) throw missingError(lacking);
  for (const { choice, compiler } of looked)
    log.info(`C compiler for ${formatTarget(choice.target)}: ${compiler!.name}, ${compiler!.version}`);
  return new Map(
    looked.map(({ choice, linking, compiler }) => [
      formatTarget(choice.target),
      { ...linking, env: environmentOf(choice, env), compiler: compiler!, cxxPackages: choice.cxxPackages },
    ]),
  );
}

function environmentOf({ cc, cxx, target }: Choice, env: NodeJS.ProcessEnv): Record<string, string> {
  return { CC: joinWords(cc), CXX: joinWords(cxx), ...ownFlags(target, env) };
}

/**
 * Programs for Linux are static, as pure Go ones are: they run on every distribution and in an empty image. Name and
 * user look-ups are then Go's own (netgo, osusergo), as those of a static glibc want its shared libraries after all.
 * For Windows the C run-time libraries go in, which no other machine has.
 */
export function planLinking({ os }: Target, { buildmode, ldflags }: Omit<CgoInputs, 'cgo'>) {
  const program = buildmode === undefined || buildmode === 'exe' || buildmode === 'pie';
  const asGiven = { tags: [], ldflags: [], static: false };
  if (!program || (os !== 'linux' && os !== 'windows')) return asGiven;
  if (/-linkmode|-extldflags/.test(ldflags)) return { ...asGiven, static: os === 'linux' && /-static\b/.test(ldflags) };
  const flag = buildmode === 'pie' && os === 'linux' ? '-static-pie' : '-static';
  return {
    tags: os === 'linux' ? ['netgo', 'osusergo'] : [],
    ldflags: ['-linkmode=external', `-extldflags=${flag}`],
    static: os === 'linux',
  };
}

/** What makes cached build results of C code usable or not: part of the cache's key. */
export function cgoKey(plans: CgoPlans | undefined): string {
  return plans === undefined
    ? 'off'
    : JSON.stringify([...plans].map(([target, { env, compiler }]) => [target, env, compiler]).sort());
}
