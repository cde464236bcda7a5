import type { ByteSource } from './bytes.ts';
import { PT_INTERP, reader, type Segment } from './elf.ts';
import type { Layout } from './executable.ts';

const ET_EXEC = 2;
const ET_DYN = 3;
const PT_DYNAMIC = 2;
const DT_FLAGS_1 = 0x6ffffffb;
const DF_1_PIE = 0x08000000;

/** A position-independent program asks for a loader, or says that it is one (static-pie); a shared library does neither. */
export async function elfLayout(source: ByteSource, segments: readonly Segment[]): Promise<Layout> {
  const header = await source.read(0, 20);
  const [wide, little] = [header[4] === 2, header[5] === 1];
  const type = reader(header, wide, little).u16(16);
  if (type !== ET_DYN) return type === ET_EXEC ? 'fixed' : 'object';
  if (segments.some(segment => segment.type === PT_INTERP)) return 'pie';
  const dynamic = segments.find(segment => segment.type === PT_DYNAMIC);
  if (dynamic === undefined) return 'library';
  const at = reader(await source.read(dynamic.offset, dynamic.size), wide, little);
  const word = wide ? 8 : 4;
  const entries = Array.from({ length: Math.floor(dynamic.size / (2 * word)) }, (_, index) => index * 2 * word);
  // Flags fit 32 bits; a wide word of the other byte order has them in its second half.
  const flags = entries.find(entry => at.word(entry) === DT_FLAGS_1);
  const half = wide && !little ? 4 : 0;
  return flags !== undefined && (at.u32(flags + word + half) & DF_1_PIE) !== 0 ? 'pie' : 'library';
}
