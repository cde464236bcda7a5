/** A named part of an executable. */
export interface Section {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
}

/** The sections of an ELF, Mach-O or PE file with bytes in the file; none where the format is another. */
export function sectionsOf(bytes: Buffer): Section[] {
  const magic = bytes.length < 64 ? 0 : bytes.readUInt32BE(0);
  const found =
    magic === 0x7f454c46 ? elf(bytes) : magic === 0xcffaedfe ? machO(bytes) : magic >>> 16 === 0x4d5a ? pe(bytes) : [];
  return found.filter(({ offset, size }) => size > 0 && offset + size <= bytes.length);
}

const text = (bytes: Buffer, at: number, length: number) =>
  bytes.toString('latin1', at, at + length).replace(/\0.*$/s, '');

function elf(bytes: Buffer): Section[] {
  const [wide, little] = [bytes[4] === 2, bytes[5] === 1];
  const u16 = (at: number) => (little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at));
  const u32 = (at: number) => (little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  const u64 = (at: number) => Number(little ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at));
  const word = (at: number) => (wide ? u64(at) : u32(at));
  const [table, length, count, names] = [word(wide ? 40 : 32), ...[46, 48, 50].map(at => u16(wide ? at + 12 : at))] as [
    number,
    number,
    number,
    number,
  ];
  const header = (index: number) => table + index * length;
  const strings = count === 0 ? 0 : word(header(names) + (wide ? 24 : 16));
  return Array.from({ length: count }, (_, index) => {
    const at = header(index);
    const noBits = u32(at + 4) === 8;
    return {
      name: text(bytes, strings + u32(at), 64),
      offset: word(at + (wide ? 24 : 16)),
      size: noBits ? 0 : word(at + (wide ? 32 : 20)),
    };
  });
}

function machO(bytes: Buffer): Section[] {
  const found: Section[] = [];
  for (let at = 32, left = bytes.readUInt32LE(16); left > 0; left--) {
    const count = bytes.readUInt32LE(at) === 0x19 ? bytes.readUInt32LE(at + 64) : 0;
    for (let index = 0; index < count; index++) {
      const one = at + 72 + index * 80;
      const [size, offset] = [Number(bytes.readBigUInt64LE(one + 40)), bytes.readUInt32LE(one + 48)];
      found.push({ name: text(bytes, one, 16), offset, size: offset === 0 ? 0 : size });
    }
    at += bytes.readUInt32LE(at + 4);
  }
  return found;
}

function pe(bytes: Buffer): Section[] {
  const header = bytes.readUInt32LE(0x3c);
  const table = header + 24 + bytes.readUInt16LE(header + 20);
  return Array.from({ length: bytes.readUInt16LE(header + 6) }, (_, index) => {
    const at = table + index * 40;
    return { name: text(bytes, at, 8), offset: bytes.readUInt32LE(at + 20), size: bytes.readUInt32LE(at + 16) };
  });
}
