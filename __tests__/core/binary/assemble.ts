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
export function elf(machine: number, wide: boolean, little: boolean, data: Buffer, osabi = 0, type = 2): Buffer {
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
  u16(type, 16);
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

/** WebAssembly with an import, a custom section `producers` and one data segment. */
export function wasm(goVersion: string, modInfo: string, imported: string, exported: string): Buffer {
  const name = (word: string) => text(Buffer.from(word));
  const section = (id: number, ...parts: Buffer[]) => Buffer.concat([Buffer.from([id]), text(Buffer.concat(parts))]);
  const marked = Buffer.concat([
    Buffer.from('3077af0c9274080241e1c107e6d618e6', 'hex'),
    Buffer.from(modInfo),
    Buffer.from('f932433186182072008242104116d8f2', 'hex'),
  ]);
  return Buffer.concat([
    Buffer.from('0061736d01000000', 'hex'),
    section(0, name('go:buildid')),
    section(2, Buffer.from([1]), name(imported), name('run'), Buffer.from([0, 0])),
    section(7, Buffer.from([1]), name(exported), Buffer.from([0, 0])),
    section(11, Buffer.from([1, 0, 0x41, 0, 0x0b]), text(marked)),
    section(0, name('producers'), Buffer.from([1]), name('language'), Buffer.from([1]), name('Go'), name(goVersion)),
  ]);
}

/** Plan 9 a.out: 16 bytes of text, then data. */
export function plan9(magic: number, data: Buffer): Buffer {
  const header = Buffer.alloc((magic & 0x8000) === 0 ? 32 : 40);
  header.writeUInt32BE(magic, 0);
  header.writeUInt32BE(16, 4);
  header.writeUInt32BE(data.length, 8);
  return Buffer.concat([header, Buffer.alloc(16), data]);
}

/** XCOFF64 with one data section. */
export function xcoff(data: Buffer): Buffer {
  const file = Buffer.alloc(page + data.length);
  file.writeUInt16BE(0x1f7, 0);
  file.writeUInt16BE(1, 2);
  file.write('.data', 24);
  file.writeBigUInt64BE(BigInt(data.length), 24 + 24);
  file.writeBigUInt64BE(BigInt(page), 24 + 32);
  file.writeUInt32BE(0x40, 24 + 64);
  data.copy(file, page);
  return file;
}

/** ar archive; a member of an odd size is filled up. */
export function archive(...members: [name: string, bytes: Buffer][]): Buffer {
  const parts = members.map(([name, bytes]) => {
    const header = `${name.padEnd(48)}${String(bytes.length).padEnd(10)}\x60\n`;
    return Buffer.concat([Buffer.from(header), bytes, Buffer.alloc(bytes.length % 2)]);
  });
  return Buffer.concat([Buffer.from('!<arch>\n'), ...parts]);
}
