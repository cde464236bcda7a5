import { SlipwayError } from '../errors.ts';
import { type Target, targetOfSettings } from '../target.ts';
import { type BuildInfo, readBuildInfo } from './build-info.ts';
import { withBytes } from './bytes.ts';
import { executableOf, type Format, type Layout } from './executable.ts';

export type { BuildInfo, Module } from './build-info.ts';
export { type Executable, type Format, type Layout, readExecutable } from './executable.ts';

/** A Go program as its own bytes describe it. */
export interface GoBinary {
  readonly format: Format;
  /** GOARCH by the header. */
  readonly machine: string;
  /** By the build information, which the header does not contradict. */
  readonly target: Target;
  /** The dynamic loader that an ELF file asks for; undefined for a static one. */
  readonly interpreter: string | undefined;
  /** Undefined where the format does not tell. */
  readonly layout?: Layout | undefined;
  readonly buildinfo: BuildInfo;
}

/**
 * Reads a program or library that `go build` wrote, for any target of Go: its header, and its build information.
 *
 * @throws SlipwayError BINARY_MISSING, BINARY_UNKNOWN (no executable), BINARY_TRUNCATED, BINARY_NOT_GO,
 *   BINARY_CONTRADICTION (the header says another system or architecture than the build information), BUILDINFO_OLD
 */
export function readGoBinary(path: string): Promise<GoBinary> {
  return withBytes(path, async source => {
    const executable = await executableOf(source);
    const { format, machine, interpreter, layout } = executable;
    const buildinfo = executable.buildInfo ?? (await readBuildInfo(source, executable.buildInfoRanges));
    if (buildinfo === undefined) {
      throw new SlipwayError('BINARY_NOT_GO', `${path} holds no Go build information`, {
        hint: 'Give a program that `go build` wrote, not one that was packed or stripped by another tool.',
      });
    }
    const said = targetOfSettings(buildinfo.settings);
    const target = said.os === '' || said.arch === '' ? { os: executable.os, arch: machine } : said;
    if (target.arch !== machine || !systemsOf[format](target.os)) {
      throw new SlipwayError(
        'BINARY_CONTRADICTION',
        `${path} is ${format} for ${machine}, but its build information says ${target.os}/${target.arch}`,
        { hint: 'The file was changed after it was built: build it again.' },
      );
    }
    return { format, machine, target, interpreter, layout, buildinfo };
  });
}

const notElf = ['darwin', 'ios', 'windows', 'plan9', 'aix', 'js', 'wasip1'];
const systemsOf: Record<Format, (os: string) => boolean> = {
  elf: os => !notElf.includes(os),
  macho: os => os === 'darwin' || os === 'ios',
  pe: os => os === 'windows',
  wasm: os => os === 'wasip1' || os === 'js',
  plan9: os => os === 'plan9',
  xcoff: os => os === 'aix',
  archive: () => true,
};
