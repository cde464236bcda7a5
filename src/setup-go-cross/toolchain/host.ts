import { SlipwayError } from '../../core/errors.ts';

/** The machine that the toolchain runs on, in Go's words. */
export interface Host {
  readonly os: string;
  readonly arch: string;
}

const systems: Record<string, string> = { linux: 'linux', darwin: 'darwin', win32: 'windows', freebsd: 'freebsd' };
const architectures: Record<string, string> = {
  x64: 'amd64',
  arm64: 'arm64',
  arm: 'arm',
  ia32: '386',
  ppc64: 'ppc64le',
  riscv64: 'riscv64',
  s390x: 's390x',
  loong64: 'loong64',
};

/** What users write for an architecture, Node's names and Go's among them, as the tool cache names it (Node's name). */
const spellings: Record<string, string> = {
  ...Object.fromEntries(
    Object.entries(architectures).flatMap(([node, go]) => [
      [node, node],
      [go, node],
    ]),
  ),
  x86: 'ia32',
  x32: 'ia32',
  aarch64: 'arm64',
  armv6l: 'arm',
};

/** Parses the input `architecture`: `x64`, `amd64`, `x86`, `arm64`, … */
export function parseArchitecture(text: string): string {
  const found = Object.hasOwn(spellings, text.toLowerCase()) ? spellings[text.toLowerCase()] : undefined;
  if (found !== undefined) return found;
  throw new SlipwayError('ARCHITECTURE_UNKNOWN', 'there is no Go toolchain for it', {
    hint: `Write one of ${Object.keys(spellings).join(', ')}.`,
  });
}

export function hostOf(platform: string = process.platform, arch: string = process.arch): Host {
  const host = { os: systems[platform], arch: architectures[arch] };
  if (host.os !== undefined && host.arch !== undefined) return host as Host;
  throw new SlipwayError('HOST_UNKNOWN', `there is no Go toolchain for a machine of kind ${platform}/${arch}`, {
    hint: 'Run the job on Linux, macOS or Windows, amd64 or arm64.',
  });
}
