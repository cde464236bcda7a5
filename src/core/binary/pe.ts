import { SlipwayError } from '../errors.ts';
import type { ByteSource } from './bytes.ts';
import type { Executable } from './executable.ts';

export const peMachines: Record<number, string> = { 332: '386', 452: 'arm', 34404: 'amd64', 43620: 'arm64' };
const IMAGE_FILE_DLL = 0x2000;
const DYNAMIC_BASE = 0x40;
/** IMAGE_SCN_CNT_INITIALIZED_DATA | IMAGE_SCN_MEM_READ | IMAGE_SCN_MEM_WRITE */
const writableData = 0x40 | 0x40000000 | 0x80000000;

/** Portable Executable (Microsoft PE and COFF Specification). */
export async function readPe(source: ByteSource): Promise<Executable> {
  const at = (await source.read(0x3c, 4)).readUInt32LE(0);
  const header = await source.read(at, 24);
  if (header.toString('latin1', 0, 4) !== 'PE\0\0') {
    throw new SlipwayError('BINARY_UNKNOWN', `${source.path} is a DOS program, no Windows one`, {
      hint: 'Give the program that `go build` wrote for one target.',
    });
  }
  const [machine, count, optional] = [header.readUInt16LE(4), header.readUInt16LE(6), header.readUInt16LE(20)];
  const optionalHeader = await source.read(at + 24, optional);
  const movable = optional >= 72 && (optionalHeader.readUInt16LE(70) & DYNAMIC_BASE) !== 0;
  const table = await source.read(at + 24 + optional, count * 40);
  const sections = Array.from({ length: count }, (_, index) => table.subarray(index * 40, index * 40 + 40));
  const data = sections.filter(section => (section.readUInt32LE(36) & writableData) >>> 0 === writableData >>> 0);
  return {
    format: 'pe',
    machine: peMachines[machine] ?? `0x${machine.toString(16)}`,
    os: 'windows',
    interpreter: undefined,
    layout: (header.readUInt16LE(22) & IMAGE_FILE_DLL) !== 0 ? 'library' : movable ? 'pie' : 'fixed',
    buildInfoRanges: data.map(section => ({ size: section.readUInt32LE(16), offset: section.readUInt32LE(20) })),
  };
}
