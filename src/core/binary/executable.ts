import { SlipwayError } from '../errors.ts';
import { readArchive } from './archive.ts';
import type { BuildInfo } from './build-info.ts';
import { type ByteSource, withBytes } from './bytes.ts';
import { readElf } from './elf.ts';
import { readMachO } from './macho.ts';
import { readPe } from './pe.ts';
import { plan9Machines, readPlan9 } from './plan9.ts';
import { readWasm } from './wasm.ts';
import { readXcoff } from './xcoff.ts';

export type Format = 'elf' | 'macho' | 'pe' | 'wasm' | 'plan9' | 'xcoff' | 'archive';

/** How it is loaded: at a fixed address, anywhere (`pie`), by another program (`library`: .so, .dll, a WASI reactor), or linked into one (`object`, `archive`). */
export type Layout = 'fixed' | 'pie' | 'library' | 'object' | 'archive';

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
  /** Undefined where the format does not tell. */
  readonly layout?: Layout | undefined;
  /** Where Go's build information may be, best first. */
  readonly buildInfoRanges: readonly Range[];
  /** The build information itself, for a format that keeps it in another way. */
  readonly buildInfo?: BuildInfo;
}

/** Reads the headers of any ELF, Mach-O, PE, WebAssembly, Plan 9 or XCOFF file, or of Go's c-archive. Throws `BINARY_UNKNOWN` for anything else. */
export function readExecutable(path: string): Promise<Executable> {
  return withBytes(path, executableOf);
}

export async function executableOf(source: ByteSource): Promise<Executable> {
  const start = await source.read(0, Math.min(64, source.size));
  const magic = start.length < 4 ? 0 : start.readUInt32BE(0);
  if (magic === 0x7f454c46) return readElf(source);
  if (magic === 0xcffaedfe || magic === 0xcefaedfe) return readMachO(source);
  if (magic >>> 16 === 0x4d5a) return readPe(source);
  if (magic === 0x0061736d) return readWasm(source);
  if (start.length >= 40 && magic in plan9Machines) return readPlan9(source);
  if (start.length >= 24 && magic >>> 16 === 0x01f7) return readXcoff(source);
  if (start.toString('latin1', 0, 8) === '!<arch>\n') return readArchive(source);
  const what =
    magic === 0xcafebabe
      ? 'a universal Mach-O file, which holds several programs'
      : 'no program: neither ELF, Mach-O, PE nor WebAssembly';
  throw new SlipwayError('BINARY_UNKNOWN', `${source.path} is ${what}`, {
    hint: 'Give the program that `go build` wrote for one target.',
  });
}
