import type { ByteSource } from './bytes.ts';
import type { Executable } from './executable.ts';

const STYP_DATA = 0x40;

/** XCOFF64, big-endian, of AIX on ppc64 (AIX Files Reference, XCOFF Object File Format). */
export async function readXcoff(source: ByteSource): Promise<Executable> {
  const header = await source.read(0, 24);
  const table = 24 + header.readUInt16BE(16);
  const bytes = await source.read(table, 72 * header.readUInt16BE(2));
  const sections = Array.from({ length: header.readUInt16BE(2) }, (_, index) => bytes.subarray(index * 72));
  return {
    format: 'xcoff',
    machine: 'ppc64',
    os: 'aix',
    interpreter: undefined,
    layout: undefined,
    buildInfoRanges: sections
      .filter(section => section.readUInt32BE(64) === STYP_DATA)
      .map(section => ({ size: Number(section.readBigUInt64BE(24)), offset: Number(section.readBigUInt64BE(32)) })),
  };
}
