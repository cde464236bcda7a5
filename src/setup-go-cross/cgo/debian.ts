import type { Target } from '../../core/target.ts';

/** A cross compiler as Debian and Ubuntu pack it. */
export interface CrossGcc {
  /** `aarch64-linux-gnu`: the programs are `aarch64-linux-gnu-gcc` and `-g++`. */
  readonly triple: string;
  /** What every call needs. */
  readonly flags: readonly string[];
  /** Packages for C, and those that C++ needs besides. */
  readonly packages: readonly string[];
  readonly cxxPackages: readonly string[];
}

/**
 * arm/v6 takes the compiler of armel, whose C library is made for ARMv5: that of armhf is made for ARMv7, and linked
 * into a program it is an illegal instruction on an ARM1176 (Raspberry Pi 1, Zero), whatever -march says. With
 * -mfloat-abi=softfp the C code still computes in the floating-point unit.
 */
const linux: Record<string, [triple: string, debian: string, ...flags: string[]]> = {
  '386': ['i686-linux-gnu', 'i386'],
  amd64: ['x86_64-linux-gnu', 'amd64'],
  'arm/v5': ['arm-linux-gnueabi', 'armel'],
  'arm/v6': ['arm-linux-gnueabi', 'armel', '-march=armv6', '-mfpu=vfp', '-mfloat-abi=softfp'],
  'arm/v7': ['arm-linux-gnueabihf', 'armhf'],
  arm64: ['aarch64-linux-gnu', 'arm64'],
  loong64: ['loongarch64-linux-gnu', 'loong64'],
  mips: ['mips-linux-gnu', 'mips'],
  mipsle: ['mipsel-linux-gnu', 'mipsel'],
  mips64: ['mips64-linux-gnuabi64', 'mips64'],
  mips64le: ['mips64el-linux-gnuabi64', 'mips64el'],
  ppc64le: ['powerpc64le-linux-gnu', 'ppc64el'],
  riscv64: ['riscv64-linux-gnu', 'riscv64'],
  s390x: ['s390x-linux-gnu', 's390x'],
};

const windows: Record<string, string> = { '386': 'i686', amd64: 'x86_64' };

/** The cross compiler for a target in its canonical spelling; undefined where Debian has none. */
export function crossGcc(target: Target): CrossGcc | undefined {
  if (target.os === 'windows') {
    const machine = windows[target.arch];
    if (machine === undefined) return undefined;
    const name = `mingw-w64-${dashes(machine)}`;
    return {
      triple: `${machine}-w64-mingw32`,
      flags: [],
      packages: [`gcc-${name}`],
      cxxPackages: [`g++-${name}`],
    };
  }
  // Debian's C libraries for MIPS are hard-float, and the two do not mix.
  const softMips = target.variant === 'softfloat' && target.arch.startsWith('mips');
  if (target.os !== 'linux' || softMips) return undefined;
  const found = linux[target.arch === 'arm' ? `arm/${target.variant}` : target.arch];
  if (found === undefined) return undefined;
  const [triple, debian, ...flags] = found;
  return {
    triple,
    flags,
    packages: [`gcc-${dashes(triple)}`, `libc6-dev-${debian}-cross`],
    cxxPackages: [`g++-${dashes(triple)}`],
  };
}

const dashes = (name: string) => name.replaceAll('_', '-');
