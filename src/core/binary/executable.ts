import { SlipwayError } from '../errors.ts';
import { type ByteSource, withBytes } from './bytes.ts';
import { readElf } from './elf.ts';
import { readMachO } from './macho.ts';
import { readPe } from './pe.ts';

export type Format = 'elf' | 'macho' | 'pe';

/** A range of bytes of the file. */
export interface Range {
  readonly offset: number;
  readonly size: number;
}

/** What the headers of an executable say, whoever built it. */
export interface Executable {
  readonly format: Format;
  /** GOARCH; a number in hex for a machine that Go does not build for. */
  readonly machine: string;
  /** GOOS as far as the headers tell: an ELF file of linux and of solaris look alike, and `linux` is said of both. */
  readonly os: string;
  /** The dynamic loader that an ELF file asks for; undefined for a static one and for other formats. */
  readonly interpreter: string | undefined;
  /** Where Go's build information may be, best first. */
  readonly buildInfoRanges: readonly Range[];
}

/** Reads the headers of any ELF, Mach-O or PE file. Throws `BINARY_UNKNOWN` for anything else. */
export function readExecutable(path: string): Promise<Executable> {
  return withBytes(path, executableOf);
}

export async function executableOf(source: ByteSource): Promise<Executable> {
  const start = await source.read(0, Math.min(64, source.size));
  const magic = start.length < 4 ? 0 : start.readUInt32BE(0);
  if (magic === 0x7f454c46) return readElf(source);
  if (magic === 0xcffaedfe || magic === 0xcefaedfe) return readMachO(source);
  if (magic >>> 16 === 0x4d5a) return readPe(source);
  const what =
    magic === 0xcafebabe ? 'a universal Mach-O file, which holds several programs' : 'no ELF, Mach-O or PE file';
  throw new SlipwayError('BINARY_UNKNOWN', `${source.path} is ${what}`, {
    hint: 'Give the program that `go build` wrote for one target.',
  });
}
