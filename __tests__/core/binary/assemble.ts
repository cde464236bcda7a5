// Executables as small as their formats allow, with Go's build information inside: enough for the readers' every branch.

/** The blob of Go 1.18 and later. */
export function blob(goVersion: string, modInfo: string): Buffer {
  const header = Buffer.alloc(32);
  header.write('\xff Go buildinf:', 'latin1');
  header[14] = 8;
  header[15] = 2;
  const marked = modInfo === '' ? Buffer.alloc(0) : Buffer.from(`${'<'.repeat(16)}${modInfo}${'>'.repeat(16)}`);
  return Buffer.concat([header, text(Buffer.from(goVersion)), text(marked)]);
}

function text(bytes: Buffer): Buffer {
  const length: number[] = [];
  for (let rest = bytes.length; ; rest >>>= 7) {
    length.push(rest < 0x80 ? rest : (rest & 0x7f) | 0x80);
    if (rest < 0x80) return Buffer.concat([Buffer.from(length), bytes]);
  }
}

const page = 4096;

/** ELF with one writable segment at one page, no sections. */
export function elf(machine: number, wide: boolean, little: boolean, data: Buffer, osabi = 0): Buffer {
  const file = Buffer.alloc(page + data.length);
  const u16 = (value: number, at: number) => (little ? file.writeUInt16LE(value, at) : file.writeUInt16BE(value, at));
  const u32 = (value: number, at: number) => (little ? file.writeUInt32LE(value, at) : file.writeUInt32BE(value, at));
  const word = (value: number, at: number) => {
    if (!wide) u32(value, at);
    else if (little) file.writeBigUInt64LE(BigInt(value), at);
    else file.writeBigUInt64BE(BigInt(value), at);
  };
  file.write('\x7fELF', 'latin1');
  file.set([wide ? 2 : 1, little ? 1 : 2, 1, osabi], 4);
  u16(machine, 18);
  const start = wide ? 64 : 52;
  word(start, wide ? 32 : 28);
  u16(wide ? 56 : 32, wide ? 54 : 42);
  u16(1, wide ? 56 : 44);
  u32(1, start);
  u32(6, start + (wide ? 4 : 24));
  word(page, start + (wide ? 8 : 4));
  word(data.length, start + (wide ? 32 : 16));
  data.copy(file, page);
  return file;
}

/** 64-bit Mach-O with one __DATA segment that holds a section __go_buildinfo. */
export function macho(cpu: number, data: Buffer): Buffer {
  const file = Buffer.alloc(page + data.length);
  file.writeUInt32LE(0xfeedfacf, 0);
  file.writeUInt32LE(cpu, 4);
  file.writeUInt32LE(1, 16);
  file.writeUInt32LE(152, 20);
  file.writeUInt32LE(0x19, 32);
  file.writeUInt32LE(152, 36);
  file.write('__DATA', 40);
  file.writeBigUInt64LE(BigInt(page), 32 + 40);
  file.writeBigUInt64LE(BigInt(data.length), 32 + 48);
  file.writeUInt32LE(1, 32 + 64);
  file.write('__go_buildinfo', 32 + 72);
  file.writeBigUInt64LE(BigInt(data.length), 32 + 72 + 40);
  file.writeUInt32LE(page, 32 + 72 + 48);
  data.copy(file, page);
  return file;
}

/** PE with one writable .data section. */
export function pe(machine: number, data: Buffer): Buffer {
  const file = Buffer.alloc(page + data.length);
  file.write('MZ');
  file.writeUInt32LE(0x80, 0x3c);
  file.write('PE\0\0', 0x80, 'latin1');
  file.writeUInt16LE(machine, 0x84);
  file.writeUInt16LE(1, 0x86);
  const section = 0x80 + 24;
  file.write('.data', section);
  file.writeUInt32LE(data.length, section + 16);
  file.writeUInt32LE(page, section + 20);
  file.writeUInt32LE(0xc0000040, section + 36);
  data.copy(file, page);
  return file;
}
