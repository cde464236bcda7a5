import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SlipwayError } from '../../core/errors.ts';
import { formatPlatform, parseTarget, platformOf } from '../../core/target.ts';
import type { PlatformBinaries } from '../select.ts';
import { neededStages, parseStages, placeOf } from './stages.ts';

/**
 * Throws when a RUN step would have to run on a platform that the builder cannot run: it would fail in the middle with
 * "exec format error". FROM and COPY need no emulation.
 *
 * @param runnable platforms whose programs the builder runs, natively or by QEMU
 */
export function mustRun(
  dockerfile: { readonly path: string; readonly text: string; readonly target: string | undefined },
  wanted: readonly string[],
  runnable: readonly string[],
): void {
  const able = new Set(runnable.map(normal));
  const stages = parseStages(dockerfile.text);
  for (const stage of neededStages(stages, dockerfile.target)) {
    const [step, place] = [stage.runs[0], placeOf(stage, stages)];
    if (step === undefined || place === undefined || place === 'build') continue;
    const needed = place === 'target' ? wanted : [place.platform];
    const missing = needed.map(normal).filter(platform => !able.has(platform));
    if (missing.length === 0) continue;
    throw new SlipwayError(
      'PLATFORM_NOT_EMULATED',
      `${dockerfile.path}:${step.line}: "${step.text}" would run on ${missing.join(', ')}, and the builder runs only ${[...able].join(', ')}`,
      {
        hint: 'Cross-compile: begin that stage with FROM --platform=$BUILDPLATFORM and build for $TARGETARCH. Or register QEMU before (apt-get install qemu-user-static, docker/setup-qemu-action), which is slow.',
      },
    );
  }
}

/** `linux/arm64/v8` and `linux/arm64` are one platform; what Go does not know stays as it is. */
function normal(text: string): string {
  try {
    return formatPlatform(platformOf(parseTarget(text.replace('/armhf', '/arm'))));
  } catch {
    return text;
  }
}

const own: Record<string, string> = { x64: 'amd64', ia32: '386', arm: 'arm/v7', ppc64: 'ppc64le' };

/** The platform of this machine's Linux programs. */
export function machinePlatform(): string {
  return `linux/${own[process.arch] ?? process.arch}`;
}

/** The platforms of an image made of a Dockerfile: what it holds is not known. Default: this machine's. */
export function dockerfilePlatforms(wanted: readonly string[]): PlatformBinaries[] {
  const names = wanted.length > 0 ? wanted : [machinePlatform()];
  return names.map(name => ({ platform: platformOf(parseTarget(name)), binaries: [] }));
}

const handlers: Record<string, readonly string[]> = {
  'qemu-aarch64': ['linux/arm64'],
  'qemu-arm': ['linux/arm/v7', 'linux/arm/v6', 'linux/arm/v5'],
  'qemu-x86_64': ['linux/amd64'],
  'qemu-i386': ['linux/386'],
  'qemu-ppc64le': ['linux/ppc64le'],
  'qemu-riscv64': ['linux/riscv64'],
  'qemu-s390x': ['linux/s390x'],
  'qemu-loongarch64': ['linux/loong64'],
  'qemu-mips64el': ['linux/mips64le'],
};

/** What this machine runs: its own platform, and those that binfmt_misc has a handler for. */
export async function runnableHere(folder = '/proc/sys/fs/binfmt_misc'): Promise<string[]> {
  const machine = machinePlatform();
  const also = machine === 'linux/amd64' ? ['linux/386'] : [];
  const names = await readdir(folder).catch(() => []);
  const enabled = await Promise.all(
    names
      .filter(name => handlers[name] !== undefined)
      .map(async name => ((await readFile(join(folder, name), 'utf8')).startsWith('enabled') ? handlers[name]! : [])),
  );
  return [machine, ...also, ...enabled.flat()];
}
