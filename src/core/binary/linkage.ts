import { type ArmAttributes, parseArmAttributes } from './arm-attributes.ts';
import { type ByteSource, withBytes } from './bytes.ts';
import { findSection, PT_INTERP, readElfHeader, reader, readText, type Segment } from './elf.ts';

/** What an ELF file needs to start. */
export interface Linkage {
  /** The dynamic loader; undefined for a static program. */
  readonly interpreter: string | undefined;
  /** Shared libraries, by the names that the loader looks for (DT_NEEDED). */
  readonly libraries: readonly string[];
  /** Only for arm, where whoever linked it said so. */
  readonly arm: ArmAttributes | undefined;
}

/** Reads the linkage of an ELF file; undefined for any other format. */
export function readLinkage(path: string): Promise<Linkage | undefined> {
  return withBytes(path, async source => {
    if (source.size < 64 || (await source.read(0, 4)).readUInt32BE() !== 0x7f454c46) return undefined;
    return linkageOf(source);
  });
}

async function linkageOf(source: ByteSource): Promise<Linkage> {
  const { wide, little, machine, sections, segments } = await readElfHeader(source);
  const loader = segments.find(({ type }) => type === PT_INTERP);
  const attributes =
    machine === EM_ARM ? await findSection(source, sections, '.ARM.attributes', wide, little) : undefined;
  return {
    interpreter: loader && (await readText(source, loader)),
    libraries: await readNeeded(source, segments, wide, little),
    arm: attributes && parseArmAttributes(await source.read(attributes.offset, attributes.size), little),
  };
}

const EM_ARM = 40;
const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const DT_NEEDED = 1;
const DT_STRTAB = 5;
const longestName = 4096;

/** The dynamic section is pairs of a tag and a value; the names lie in the string table, at an address in memory. */
async function readNeeded(source: ByteSource, segments: readonly Segment[], wide: boolean, little: boolean) {
  const dynamic = segments.find(({ type }) => type === PT_DYNAMIC);
  if (dynamic === undefined) return [];
  const bytes = await source.read(dynamic.offset, dynamic.size);
  const at = reader(bytes, wide, little);
  const width = wide ? 8 : 4;
  const entries = Array.from({ length: Math.floor(bytes.length / (2 * width)) }, (_, index) => ({
    tag: at.word(2 * width * index),
    value: at.word(2 * width * index + width),
  }));
  const table = entries.find(({ tag }) => tag === DT_STRTAB)?.value;
  const home = segments.find(
    ({ type, address, size }) => type === PT_LOAD && table !== undefined && table >= address && table < address + size,
  );
  if (table === undefined || home === undefined) return [];
  const strings = table - home.address + home.offset;
  const names = entries.filter(({ tag }) => tag === DT_NEEDED);
  return Promise.all(
    names.map(({ value }) => {
      const offset = strings + value;
      return readText(source, { offset, size: Math.max(0, Math.min(longestName, source.size - offset)) });
    }),
  );
}
