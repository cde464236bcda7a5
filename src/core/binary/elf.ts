import type { ByteSource } from './bytes.ts';
import { elfLayout } from './elf-layout.ts';
import type { Executable, Range } from './executable.ts';

const PT_LOAD = 1;
export const PT_INTERP = 3;
const PF_X = 1;
const PF_W = 2;

export interface Segment extends Range {
  readonly type: number;
  readonly flags: number;
  /** In memory. */
  readonly address: number;
}

/** What the header of an ELF file says, and where its tables are. */
export async function readElfHeader(source: ByteSource) {
  const header = await source.read(0, 64);
  const wide = header[4] === 2;
  const little = header[5] === 1;
  const at = reader(header, wide, little);
  const machine = at.u16(18);
  const programs = { offset: at.word(wide ? 32 : 28), size: at.u16(wide ? 54 : 42), count: at.u16(wide ? 56 : 44) };
  const sections = {
    offset: at.word(wide ? 40 : 32),
    size: at.u16(wide ? 58 : 46),
    count: at.u16(wide ? 60 : 48),
    names: at.u16(wide ? 62 : 50),
  };
  const segments = await readSegments(source, programs, wide, little);
  return { machine, wide, little, sections, segments, system: systems[header[7]!] ?? 'linux' };
}

/** ELF, 32 and 64 bits, both byte orders (System V ABI, chapter 4 and 5). */
export async function readElf(source: ByteSource): Promise<Executable> {
  const { machine, wide, little, sections, segments, system } = await readElfHeader(source);
  const section = await findSection(source, sections, '.go.buildinfo', wide, little);
  const data = segments.filter(({ type, flags }) => type === PT_LOAD && (flags & (PF_X | PF_W)) === PF_W);
  const loader = segments.find(({ type }) => type === PT_INTERP);
  return {
    format: 'elf',
    machine: architecture(machine, wide, little),
    os: system,
    interpreter: loader && (await readText(source, loader)),
    layout: await elfLayout(source, segments),
    buildInfoRanges: [...(section === undefined ? [] : [section]), ...data],
  };
}

/** Text that ends with a zero byte. */
export async function readText(source: ByteSource, { offset, size }: Range): Promise<string> {
  return (await source.read(offset, size)).toString('latin1').replace(/\0.*$/s, '');
}

/** e_ident[EI_OSABI]; Linux binaries of Go say 0. */
const systems: Record<number, string> = { 2: 'netbsd', 6: 'solaris', 9: 'freebsd', 12: 'openbsd' };

function architecture(machine: number, wide: boolean, little: boolean): string {
  const names: Record<number, string> = {
    3: '386',
    8: `mips${wide ? '64' : ''}${little ? 'le' : ''}`,
    21: little ? 'ppc64le' : 'ppc64',
    22: 's390x',
    40: 'arm',
    62: 'amd64',
    183: 'arm64',
    243: 'riscv64',
    258: 'loong64',
  };
  return names[machine] ?? `0x${machine.toString(16)}`;
}

interface Table {
  readonly offset: number;
  readonly size: number;
  readonly count: number;
}

async function readSegments(source: ByteSource, table: Table, wide: boolean, little: boolean): Promise<Segment[]> {
  const bytes = await source.read(table.offset, table.size * table.count);
  return Array.from({ length: table.count }, (_, index) => {
    const at = reader(bytes.subarray(index * table.size), wide, little);
    return wide
      ? { type: at.u32(0), flags: at.u32(4), offset: at.word(8), address: at.word(16), size: at.word(32) }
      : { type: at.u32(0), flags: at.u32(24), offset: at.word(4), address: at.word(8), size: at.word(16) };
  });
}

export async function findSection(
  source: ByteSource,
  table: Table & { readonly names: number },
  wanted: string,
  wide: boolean,
  little: boolean,
): Promise<Range | undefined> {
  if (table.count === 0 || table.names >= table.count) return undefined;
  const bytes = await source.read(table.offset, table.size * table.count);
  const sections = Array.from({ length: table.count }, (_, index) => {
    const at = reader(bytes.subarray(index * table.size), wide, little);
    return { name: at.u32(0), offset: at.word(wide ? 24 : 16), size: at.word(wide ? 32 : 20) };
  });
  const strings = sections[table.names]!;
  const names = await source.read(strings.offset, strings.size);
  return sections.find(({ name }) => names.toString('latin1', name, name + wanted.length + 1) === `${wanted}\0`);
}

/** Numbers of one byte order; a word is as wide as the class says. */
export function reader(bytes: Buffer, wide: boolean, little: boolean) {
  const u16 = (at: number) => (little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at));
  const u32 = (at: number) => (little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  const u64 = (at: number) => Number(little ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at));
  return { u16, u32, word: wide ? u64 : u32 };
}
