import type { Target } from '../../core/target.ts';

/** The first part of a compiler's triple → GOARCH. */
const machines: [pattern: RegExp, arch: string][] = [
  [/^(x86_64|amd64)/, 'amd64'],
  [/^(i[3-6]86|x86)$/, '386'],
  [/^(aarch64|arm64)/, 'arm64'],
  [/^(arm|thumb)/, 'arm'],
  [/^loongarch64/, 'loong64'],
  [/^mips(isa)?64.*el/, 'mips64le'],
  [/^mips(isa)?64/, 'mips64'],
  [/^mips.*el/, 'mipsle'],
  [/^mips/, 'mips'],
  [/^(powerpc64le|ppc64le)/, 'ppc64le'],
  [/^(powerpc64|ppc64)/, 'ppc64'],
  [/^riscv64/, 'riscv64'],
  [/^s390x/, 's390x'],
];

const systems: [pattern: RegExp, os: string][] = [
  [/android/, 'android'],
  [/linux/, 'linux'],
  [/mingw|windows|cygwin|msys/, 'windows'],
  [/ios/, 'ios'],
  [/darwin|apple|macos/, 'darwin'],
  [/(freebsd|netbsd|openbsd|dragonfly|solaris|aix)/, ''],
];

/**
 * Whether what a compiler says of itself (-dumpmachine: `arm-linux-gnueabihf`) fits the target. A compiler that says
 * nothing, or something unknown, is believed.
 */
export function compilesFor(triple: string, words: readonly string[], target: Target): boolean {
  const [machine = '', ...rest] = triple.toLowerCase().split('-');
  const arch = machines.find(([pattern]) => pattern.test(machine))?.[1];
  if (arch === undefined || rest.length === 0) return true;
  const os = osOf(rest.join('-'));
  // One gcc for both sizes of x86; -dumpmachine does not heed -m32. Apple's clang is told the architecture by Go.
  const archs = arch === 'amd64' && words.includes('-m32') ? ['386'] : [arch];
  const anyArch = os === 'darwin' && target.os === 'darwin';
  return (os === undefined || os === target.os) && (anyArch || archs.includes(target.arch));
}

function osOf(text: string): string | undefined {
  const found = systems.find(([pattern]) => pattern.test(text));
  return found && (found[1] || found[0].exec(text)![1]);
}
