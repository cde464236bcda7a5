import type { Target } from '../../core/target.ts';

/** musl, as it links statically; the processor is the oldest that Go's variant stands for, as `zig cc` names it. */
const linux: Record<string, readonly string[]> = {
  '386': ['x86-linux-musl'],
  '386/softfloat': ['x86-linux-musl', '-mcpu=i686'],
  amd64: ['x86_64-linux-musl'],
  'arm/v5': ['arm-linux-musleabi', '-mcpu=arm926ej_s'],
  'arm/v6': ['arm-linux-musleabihf', '-mcpu=arm1176jzf_s'],
  'arm/v7': ['arm-linux-musleabihf', '-mcpu=generic+v7a+vfp3d16'],
  arm64: ['aarch64-linux-musl'],
  loong64: ['loongarch64-linux-musl'],
  mips: ['mips-linux-musleabihf'],
  'mips/softfloat': ['mips-linux-musleabi'],
  mipsle: ['mipsel-linux-musleabihf'],
  'mipsle/softfloat': ['mipsel-linux-musleabi'],
  ppc64le: ['powerpc64le-linux-musl'],
  riscv64: ['riscv64-linux-musl'],
  s390x: ['s390x-linux-musl'],
};

const windows: Record<string, readonly string[]> = {
  '386': ['x86-windows-gnu'],
  amd64: ['x86_64-windows-gnu'],
  arm64: ['aarch64-windows-gnu'],
};

/**
 * The words behind `zig cc` (and `zig c++`) for a target in its canonical spelling; undefined where zig brings no C
 * library, or only one that Go's own C code does not get by with (macOS: its frameworks are in Apple's SDK alone).
 */
export function zigWords(target: Target): readonly string[] | undefined {
  const { os, arch, variant } = target;
  const table = os === 'linux' ? linux : os === 'windows' ? windows : {};
  const words = arch === 'arm' || variant === 'softfloat' ? table[`${arch}/${variant}`] : table[arch];
  return words && ['-target', ...words];
}
