import { SlipwayError } from './errors.ts';
import { suggestions } from './suggest.ts';
import { inGoWords, knownTargets, knownVariants, variants } from './target-table.ts';

export { cgoSupported, knownTargets } from './target-table.ts';

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

/** `linux/arm/v7` → its parts. An unknown target, or an unknown variant, names the nearest valid ones. */
export function parseTarget(text: string): Target {
  const [os = '', arch = '', variant, ...rest] = text.split('/');
  if (!knownTargets.includes(`${os}/${arch}`) || rest.length > 0) {
    const near = nearestTargets(text);
    const sameSystem = knownTargets.filter(known => known.startsWith(`${os}/`));
    const shown = near.length > 0 ? near : sameSystem.length > 0 ? sameSystem : ['linux/amd64'];
    throw new SlipwayError('TARGET_UNKNOWN', `"${text}" is not a target that Go builds for`, {
      hint: `Write os/arch[/variant], e.g. ${shown.join(', ')}; \`go tool dist list\` shows all.`,
    });
  }
  if (variant === undefined) return { os, arch };
  const allowed = Object.keys(variants[arch]?.values ?? {});
  if (!allowed.includes(variant)) {
    throw new SlipwayError('VARIANT_UNKNOWN', `"${text}" has no variant "${variant}"`, {
      hint:
        allowed.length === 0
          ? `${arch} has no variants: write ${os}/${arch}.`
          : `Variants of ${arch}: ${allowed.join(', ')}. Nearest targets: ${nearestTargets(text).join(', ')}.`,
    });
  }
  return { os, arch, variant };
}

/** Valid targets that a wrong one may mean, nearest first: other names (`macos/x86_64`) are known, and so are slips (`linux/amr64`). */
export function nearestTargets(text: string): string[] {
  const meant = inGoWords(text);
  if (knownVariants.includes(meant)) return [meant];
  const pairs = suggestions(meant, knownTargets);
  const [os, arch, variant] = meant.split('/');
  if (variant === undefined) return pairs;
  // ARMv8 is arm64 to Go: who writes linux/arm/v8 may mean either.
  const armv8 = arch === 'arm' && variant === 'v8' ? [`${os}/arm64`] : [];
  const near = suggestions(
    meant,
    knownVariants.filter(known => known.split('/').length === 3),
  );
  return [...new Set([...armv8, ...near, ...(near.length === 0 ? pairs : [])])];
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
