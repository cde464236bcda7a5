import { SlipwayError } from './errors.ts';
import { suggest } from './suggest.ts';

/** What a binary is built for, in Go's terms. `variant` is the value of GOARM, GOAMD64, … without decoration. */
export interface Target {
  readonly os: string;
  readonly arch: string;
  readonly variant?: string;
}

/** An OCI platform (image-spec, config.md). */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
}

/** `go tool dist list`, Go 1.26. */
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

interface Variants {
  /** The environment variable of the go command. */
  readonly variable: string;
  /** What a user writes → what the go command wants. */
  readonly values: Record<string, string>;
}

const mips: Record<string, string> = { hardfloat: 'hardfloat', softfloat: 'softfloat' };
const variants: Record<string, Variants> = {
  arm: { variable: 'GOARM', values: { v5: '5', v6: '6', v7: '7' } },
  amd64: { variable: 'GOAMD64', values: { v1: 'v1', v2: 'v2', v3: 'v3', v4: 'v4' } },
  arm64: {
    variable: 'GOARM64',
    values: {
      v8: 'v8.0',
      ...Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`v8.${i}`, `v8.${i}`])),
      'v9.0': 'v9.0',
      'v9.5': 'v9.5',
    },
  },
  '386': { variable: 'GO386', values: { sse2: 'sse2', softfloat: 'softfloat' } },
  mips: { variable: 'GOMIPS', values: mips },
  mipsle: { variable: 'GOMIPS', values: mips },
  mips64: { variable: 'GOMIPS64', values: mips },
  mips64le: { variable: 'GOMIPS64', values: mips },
  ppc64: { variable: 'GOPPC64', values: { power8: 'power8', power9: 'power9', power10: 'power10' } },
  ppc64le: { variable: 'GOPPC64', values: { power8: 'power8', power9: 'power9', power10: 'power10' } },
  riscv64: { variable: 'GORISCV64', values: { rva20u64: 'rva20u64', rva22u64: 'rva22u64', rva23u64: 'rva23u64' } },
};

/** Every `os/arch` pair that Go builds for. */
export const knownTargets: readonly string[] = Object.entries(architectures).flatMap(([os, archs]) =>
  archs.split(' ').map(arch => `${os}/${arch}`),
);

/** `linux/arm/v7` → its parts. An unknown target names the nearest valid one. */
export function parseTarget(text: string): Target {
  const [os = '', arch = '', variant, ...rest] = text.split('/');
  const known = knownTargets.includes(`${os}/${arch}`) && rest.length === 0;
  if (!known) {
    const sameSystem = knownTargets.filter(known => known.startsWith(`${os}/`)).join(', ');
    const near = suggest(`${os}/${arch}`, knownTargets) ?? (sameSystem || 'linux/amd64');
    throw new SlipwayError('TARGET_UNKNOWN', `"${text}" is not a target that Go builds for`, {
      hint: `Write os/arch[/variant], e.g. ${near}; \`go tool dist list\` shows all.`,
    });
  }
  if (variant === undefined) return { os, arch };
  const allowed = Object.keys(variants[arch]?.values ?? {});
  if (!allowed.includes(variant)) {
    throw new SlipwayError('VARIANT_UNKNOWN', `"${text}" has no variant "${variant}"`, {
      hint:
        allowed.length === 0
          ? `${arch} has no variants: write ${os}/${arch}.`
          : `Variants of ${arch}: ${allowed.join(', ')}.`,
    });
  }
  return { os, arch, variant };
}

export function formatTarget(target: Target): string {
  return [target.os, target.arch, ...(target.variant === undefined ? [] : [target.variant])].join('/');
}

/** GOOS, GOARCH and the variant's variable, as the go command wants them. */
export function goEnvironment(target: Target): Record<string, string> {
  const kind = variants[target.arch];
  const variant = target.variant === undefined ? undefined : kind?.values[target.variant];
  return {
    GOOS: target.os,
    GOARCH: target.arch,
    ...(kind !== undefined && variant !== undefined ? { [kind.variable]: variant } : {}),
  };
}

/** The variant that the go command takes when none is named: the first of the table, for arm v7. */
function defaultVariant(arch: string): string | undefined {
  return arch === 'arm' ? 'v7' : Object.keys(variants[arch]?.values ?? {})[0];
}

/** With its variant written out, so that no setting of the machine can choose another. */
export function withVariant(target: Target): Target {
  const variant = target.variant ?? defaultVariant(target.arch);
  return variant === undefined ? target : { ...target, variant };
}

/** One spelling for each target: `linux/arm` is `linux/arm/v7`, `linux/arm64/v8` is `linux/arm64`. */
export function canonicalTarget(target: Target): Target {
  return targetOfSettings(goEnvironment(withVariant(target)));
}

/** The target that a binary's build settings name (`GOARM=7` or `7,hardfloat` → `v7`); the architecture's default variant is left out except for arm. */
export function targetOfSettings(settings: Readonly<Record<string, string>>): Target {
  const [os, arch] = [settings['GOOS'] ?? '', settings['GOARCH'] ?? ''];
  const kind = variants[arch];
  const value = kind && settings[kind.variable]?.split(',')[0];
  const variant = Object.entries(kind?.values ?? {}).find(([, setting]) => setting === value)?.[0];
  const isDefault = arch !== 'arm' && variant === Object.keys(kind?.values ?? {})[0];
  return variant === undefined || isDefault ? { os, arch } : { os, arch, variant };
}

/** arm without a variant is v7 in Go ≥ 1.22 and v7 is what registries expect; arm64 is v8 by convention and needs no word. */
export function platformOf(target: Target): Platform {
  if (target.arch === 'arm') return { os: target.os, architecture: 'arm', variant: target.variant ?? 'v7' };
  const plain =
    target.variant === undefined ||
    (target.arch === 'amd64' && target.variant === 'v1') ||
    (target.arch === 'arm64' && target.variant.startsWith('v8'));
  return { os: target.os, architecture: target.arch, ...(plain ? {} : { variant: target.variant! }) };
}

export function formatPlatform(platform: Platform): string {
  return [platform.os, platform.architecture, ...(platform.variant === undefined ? [] : [platform.variant])].join('/');
}

const machines: Record<string, Target> = {
  x86_64: { os: 'linux', arch: 'amd64' },
  aarch64: { os: 'linux', arch: 'arm64' },
  arm64: { os: 'linux', arch: 'arm64' },
  armv7l: { os: 'linux', arch: 'arm', variant: 'v7' },
  armv6l: { os: 'linux', arch: 'arm', variant: 'v6' },
  armv5tel: { os: 'linux', arch: 'arm', variant: 'v5' },
  i686: { os: 'linux', arch: '386' },
  i386: { os: 'linux', arch: '386' },
  riscv64: { os: 'linux', arch: 'riscv64' },
  ppc64le: { os: 'linux', arch: 'ppc64le' },
  s390x: { os: 'linux', arch: 's390x' },
  loongarch64: { os: 'linux', arch: 'loong64' },
  mips64: { os: 'linux', arch: 'mips64le' },
};

/** The target of a Linux machine, by `uname -m`. */
export function targetOfMachine(uname: string): Target {
  const target = machines[uname.trim()];
  if (target === undefined) {
    throw new SlipwayError('MACHINE_UNKNOWN', `\`uname -m\` says "${uname.trim()}", which is no machine known here`, {
      hint: `Known: ${Object.keys(machines).join(', ')}.`,
    });
  }
  return target;
}

/** Whether a machine runs a binary built for `built`: the same architecture, and a variant that is not newer. amd64 levels cannot be told from `uname`. */
export function runsOn(built: Target, machine: Target): boolean {
  if (built.os !== machine.os || built.arch !== machine.arch) return false;
  if (built.arch !== 'arm') return true;
  return (built.variant ?? 'v7') <= (machine.variant ?? 'v7');
}
