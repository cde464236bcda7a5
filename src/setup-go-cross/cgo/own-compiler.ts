import { formatTarget, type Target } from '../../core/target.ts';

/** What the go command reads for C code, besides CC and CXX. */
const variables = [
  'AR',
  'CGO_CFLAGS',
  'CGO_CPPFLAGS',
  'CGO_CXXFLAGS',
  'CGO_FFLAGS',
  'CGO_LDFLAGS',
  'FC',
  'PKG_CONFIG',
  'PKG_CONFIG_LIBDIR',
  'PKG_CONFIG_PATH',
  'PKG_CONFIG_SYSROOT_DIR',
] as const;

/** `CC_FOR_linux_arm_v7`, `CC_FOR_linux_arm`, `CC`: the names of Go's own make.bash, and one for the variant. */
export function settingNames(name: string, target: Target): string[] {
  const { os, arch } = target;
  const names = [formatTarget(target), formatTarget({ os, arch })].map(
    text => `${name}_FOR_${text.replaceAll(/[/.]/g, '_')}`,
  );
  return [...new Set(names), name];
}

/** The user's setting for a target: the most exact name wins. */
export function ownSetting(name: string, target: Target, env: NodeJS.ProcessEnv): string | undefined {
  return settingNames(name, target)
    .map(one => env[one])
    .find(value => value !== undefined && value !== '');
}

/** The user's flags for C code of a target: part of the plan, of its printed line and of the cache's key. */
export function ownFlags(target: Target, env: NodeJS.ProcessEnv): Record<string, string> {
  const found = variables.map(name => [name, ownSetting(name, target, env)]);
  return Object.fromEntries(found.filter(([, value]) => value !== undefined));
}

/** A value of CC as the go command splits it: words, of which some stand in quotes (cmd/internal/quoted). */
export function splitWords(value: string): string[] {
  return [...value.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c ?? '');
}

export function joinWords(words: readonly string[]): string {
  return words.map(word => (/[\s'"]/.test(word) ? (word.includes('"') ? `'${word}'` : `"${word}"`) : word)).join(' ');
}

/** The C++ compiler of the same family: `gcc-12` → `g++-12`, `clang` → `clang++`, `zig cc` → `zig c++`. */
export function cxxOf([program = '', ...words]: readonly string[]): string[] {
  if (words[0] === 'cc') return [program, 'c++', ...words.slice(1)];
  const cut = program.lastIndexOf('/') + 1;
  const name = program.slice(cut).replace(/gcc|clang|cc/, found => families[found]!);
  return [program.slice(0, cut) + name, ...words];
}

const families: Record<string, string> = { gcc: 'g++', clang: 'clang++', cc: 'c++' };

/** The build tags that GOFLAGS names: `-tags=a,b`. */
export function tagsOf(goflags: string): string {
  const found = splitWords(goflags.replaceAll(/(^|\s)--?tags=(['"]?)/g, '$1$2-tags=')).findLast(word =>
    word.startsWith('-tags='),
  );
  return found?.slice('-tags='.length) ?? '';
}
