import { SlipwayError } from '../../core/errors.ts';
import { formatTarget, type Target } from '../../core/target.ts';
import type { Host } from '../toolchain/host.ts';
import { crossGcc } from './debian.ts';
import { cxxOf, ownSetting, settingNames, splitWords } from './own-compiler.ts';
import { zigWords } from './zig-target.ts';

export type CgoSetting = 'off' | 'gcc' | 'zig';

/** What compiles the C code of one target. */
export interface Choice {
  readonly target: Target;
  readonly by: 'gcc' | 'zig' | 'environment';
  /** Words; the first is a program on PATH, or its path. */
  readonly cc: readonly string[];
  readonly cxx: readonly string[];
  /** Debian packages that hold the compiler for C, and for C++; empty where it is not from Debian. */
  readonly packages: readonly string[];
  readonly cxxPackages: readonly string[];
}

/** Targets of Go that have no CGO at all: `go tool dist list -json`, Go 1.26. */
export const withoutCgo: readonly string[] = [
  'js/wasm',
  'linux/ppc64',
  'openbsd/ppc64',
  'plan9/386',
  'plan9/amd64',
  'plan9/arm',
  'wasip1/wasm',
];

/**
 * The compilers for a target in its canonical spelling: the user's own (CC and its like), else those of the machine for
 * its own target, else Debian's cross compiler or zig. Pure: nothing is looked for.
 *
 * @throws SlipwayError CGO_IMPOSSIBLE where there is none, with the nearest way that there is
 */
export function chooseCompiler(setting: 'gcc' | 'zig', target: Target, host: Host, env: NodeJS.ProcessEnv): Choice {
  const bare = { target, packages: [], cxxPackages: [] };
  if (withoutCgo.includes(`${target.os}/${target.arch}`)) {
    throw impossible(target, 'Go has no CGO for it', 'Build this target in a step of its own with cgo: off.');
  }
  const cc = ownSetting('CC', target, env);
  if (cc !== undefined) {
    const cxx = ownSetting('CXX', target, env);
    return { ...bare, by: 'environment', cc: splitWords(cc), cxx: cxx ? splitWords(cxx) : cxxOf(splitWords(cc)) };
  }
  if (setting === 'zig') {
    const words = zigWords(target);
    if (words === undefined) throw noCompiler(target, setting);
    return { ...bare, by: 'zig', cc: ['zig', 'cc', ...words], cxx: ['zig', 'c++', ...words] };
  }
  if (target.os === host.os && target.os === 'darwin') return { ...bare, by: 'gcc', cc: ['clang'], cxx: ['clang++'] };
  if (target.os === host.os && target.arch === host.arch && target.arch !== 'arm') {
    const packages = host.os === 'linux' ? { packages: ['gcc', 'libc6-dev'], cxxPackages: ['g++'] } : {};
    return { ...bare, ...packages, by: 'gcc', cc: ['gcc'], cxx: ['g++'] };
  }
  const cross = crossGcc(target);
  if (cross === undefined) throw noCompiler(target, setting);
  const { triple, flags, packages, cxxPackages } = cross;
  return {
    target,
    by: 'gcc',
    cc: [`${triple}-gcc`, ...flags],
    cxx: [`${triple}-g++`, ...flags],
    packages,
    cxxPackages,
  };
}

/** What it takes, by system; the rest have no C library for cross compilers. */
const needs: Record<string, string> = {
  android: 'the NDK of Android',
  darwin: 'the SDK of Apple',
  ios: 'the SDK of Apple',
};

function noCompiler(target: Target, setting: 'gcc' | 'zig'): SlipwayError {
  const name = settingNames('CC', target)[0]!;
  const other =
    setting === 'gcc' && zigWords(target) ? 'zig' : setting === 'zig' && crossGcc(target) ? 'gcc' : undefined;
  const missing = needs[target.os] ?? 'a compiler with the C library of that system';
  const ways = [
    ...(other === undefined ? [] : [`set cgo: ${other}`]),
    ...(target.os === 'darwin' ? ['build this target on a macOS runner'] : []),
    `name a compiler of your own in ${name}${examples[target.os] ?? ''}`,
    'or build this target in a step of its own with cgo: off',
  ].join(', ');
  return impossible(
    target,
    `cgo: ${setting} has no compiler for it (it takes ${missing})`,
    `${ways[0]!.toUpperCase()}${ways.slice(1)}.`,
  );
}

const examples: Record<string, string> = {
  android: ' ($ANDROID_NDK_HOME/toolchains/llvm/prebuilt/linux-x86_64/bin/aarch64-linux-android24-clang)',
  darwin: ' (osxcross’s o64-clang)',
};

const impossible = (target: Target, why: string, hint: string) =>
  new SlipwayError('CGO_IMPOSSIBLE', `C code cannot be built for ${formatTarget(target)}: ${why}`, { hint });
