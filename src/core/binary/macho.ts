import type { ByteSource } from './bytes.ts';
import type { Executable, Layout, Range } from './executable.ts';

const LC_SEGMENT = 0x1;
const LC_SEGMENT_64 = 0x19;
const LC_BUILD_VERSION = 0x32;
const PLATFORM_MACOS = 1;
const MH_PIE = 0x200000;
/** MH_OBJECT, MH_EXECUTE, MH_DYLIB */
const types: Record<number, Layout> = { 1: 'object', 2: 'fixed', 6: 'library' };

const machines: Record<number, string> = { 7: '386', 12: 'arm', 16777223: 'amd64', 16777228: 'arm64' };

/** Mach-O of one architecture, little-endian (<mach-o/loader.h>). */
export async function readMachO(source: ByteSource): Promise<Executable> {
  const header = await source.read(0, 28);
  const wide = header.readUInt32LE(0) === 0xfeedfacf;
  const machine = header.readUInt32LE(4);
  const layout = types[header.readUInt32LE(12)];
  const movable = (header.readUInt32LE(24) & MH_PIE) !== 0;
  const commands = await source.read(wide ? 32 : 28, header.readUInt32LE(20));
  const found = { section: [] as Range[], segment: [] as Range[], os: 'darwin' };
  for (let at = 0, left = header.readUInt32LE(16); left > 0 && at + 8 <= commands.length; left--) {
    const [kind, size] = [commands.readUInt32LE(at), commands.readUInt32LE(at + 4)];
    if (size < 8) break;
    const command = commands.subarray(at, at + size);
    if (kind === (wide ? LC_SEGMENT_64 : LC_SEGMENT)) readSegment(command, wide, found);
    if (kind === LC_BUILD_VERSION && command.readUInt32LE(8) !== PLATFORM_MACOS) found.os = 'ios';
    at += size;
  }
  return {
    format: 'macho',
    machine: machines[machine] ?? `0x${machine.toString(16)}`,
    os: found.os,
    interpreter: undefined,
    layout: layout === 'fixed' && movable ? 'pie' : layout,
    buildInfoRanges: [...found.section, ...found.segment],
  };
}

function readSegment(command: Buffer, wide: boolean, found: { section: Range[]; segment: Range[] }): void {
  const word = (at: number) => (wide ? Number(command.readBigUInt64LE(at)) : command.readUInt32LE(at));
  const [offset, size] = wide ? [word(40), word(48)] : [word(32), word(36)];
  const name = text(command, 8);
  if (name === '__DATA' || name === '__DATA_CONST') found.segment.push({ offset, size });
  const [first, length, count] = wide ? [72, 80, command.readUInt32LE(64)] : [56, 68, command.readUInt32LE(48)];
  for (let index = 0; index < count && first + (index + 1) * length <= command.length; index++) {
    const at = first + index * length;
    if (text(command, at) !== '__go_buildinfo') continue;
    found.section.push(
      wide
        ? { size: word(at + 40), offset: command.readUInt32LE(at + 48) }
        : { size: word(at + 36), offset: command.readUInt32LE(at + 40) },
    );
  }
}

/** Names are 16 bytes, filled up with zeros. */
function text(bytes: Buffer, at: number): string {
  return bytes.toString('latin1', at, at + 16).replace(/\0.*$/s, '');
}
