/** What Go 1.26 builds for: a test compares all of this with the real `go`. */

/** `go tool dist list`. */
const architectures: Record<string, string> = {
  aix: 'ppc64',
  android: '386 amd64 arm arm64',
  darwin: 'amd64 arm64',
  dragonfly: 'amd64',
  freebsd: '386 amd64 arm arm64',
  illumos: 'amd64',
  ios: 'amd64 arm64',
  js: 'wasm',
  linux: '386 amd64 arm arm64 loong64 mips mips64 mips64le mipsle ppc64 ppc64le riscv64 s390x',
  netbsd: '386 amd64 arm arm64',
  openbsd: '386 amd64 arm arm64 ppc64 riscv64',
  plan9: '386 amd64 arm',
  solaris: 'amd64',
  wasip1: 'wasm',
  windows: '386 amd64 arm64',
};

/** Every `os/arch` pair that Go builds for. */
export const knownTargets: readonly string[] = Object.entries(architectures).flatMap(([os, archs]) =>
  archs.split(' ').map(arch => `${os}/${arch}`),
);

const withoutCgo = ['js/wasm', 'linux/ppc64', 'openbsd/ppc64', 'plan9/386', 'plan9/amd64', 'plan9/arm', 'wasip1/wasm'];

/** Whether Go can build C code in for it at all (`CgoSupported` of `go tool dist list -json`). */
export function cgoSupported({ os, arch }: { os: string; arch: string }): boolean {
  return knownTargets.includes(`${os}/${arch}`) && !withoutCgo.includes(`${os}/${arch}`);
}

export interface Variants {
  /** The environment variable of the go command. */
  readonly variable: string;
  /** What a user writes → what the go command wants; the first is Go's default, except for arm. */
  readonly values: Record<string, string>;
}

const same = (...names: string[]) => Object.fromEntries(names.map(name => [name, name]));
const float = same('hardfloat', 'softfloat');
const power = same('power8', 'power9', 'power10');
const arm64 = [...Array.from({ length: 10 }, (_, i) => `v8.${i}`), ...Array.from({ length: 6 }, (_, i) => `v9.${i}`)];

/** Variants by architecture; https://go.dev/doc/install/source#environment. */
export const variants: Record<string, Variants> = {
  arm: { variable: 'GOARM', values: { v5: '5', v6: '6', v7: '7' } },
  amd64: { variable: 'GOAMD64', values: same('v1', 'v2', 'v3', 'v4') },
  arm64: { variable: 'GOARM64', values: { v8: 'v8.0', ...same(...arm64) } },
  '386': { variable: 'GO386', values: same('sse2', 'softfloat') },
  mips: { variable: 'GOMIPS', values: float },
  mipsle: { variable: 'GOMIPS', values: float },
  mips64: { variable: 'GOMIPS64', values: float },
  mips64le: { variable: 'GOMIPS64', values: float },
  ppc64: { variable: 'GOPPC64', values: power },
  ppc64le: { variable: 'GOPPC64', values: power },
  riscv64: { variable: 'GORISCV64', values: same('rva20u64', 'rva22u64', 'rva23u64') },
};

/** Every target, those with their variants written out among them. */
export const knownVariants: readonly string[] = knownTargets.flatMap(pair => [
  pair,
  ...Object.keys(variants[pair.split('/')[1]!]?.values ?? {}).map(variant => `${pair}/${variant}`),
]);

/** Other people's words for Go's, as `uname`, Debian, Docker, Node and Rust have them. */
const words: Record<string, string> = {
  ...{ x86_64: 'amd64', x64: 'amd64', x86: '386', ia32: '386', i386: '386', i686: '386' },
  ...{ aarch64: 'arm64', armv8: 'arm64', armhf: 'arm/v7', armel: 'arm/v5' },
  ...{ armv5: 'arm/v5', armv6: 'arm/v6', armv7: 'arm/v7', armv6l: 'arm/v6', armv7l: 'arm/v7' },
  ...{ riscv: 'riscv64', mipsel: 'mipsle', mips64el: 'mips64le', ppc64el: 'ppc64le', powerpc64le: 'ppc64le' },
  ...{ loongarch64: 'loong64', wasm32: 'wasm', macos: 'darwin', osx: 'darwin', mac: 'darwin' },
  ...{ win: 'windows', win32: 'windows', win64: 'windows', wasi: 'wasip1', browser: 'js' },
};

/** `macos/x86_64` → `darwin/amd64`; what is not known stays as it is. */
export function inGoWords(text: string): string {
  const parts = text.toLowerCase().split('/');
  return parts.map(part => (Object.hasOwn(words, part) ? words[part]! : part)).join('/');
}
