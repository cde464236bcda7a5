// ELF files with a dynamic section and ARM attributes, as small as the format allows; little endian.

interface Wanted {
  readonly machine: number;
  readonly wide: boolean;
  /** Empty: a static program. */
  readonly libraries: readonly string[];
  readonly attributes?: Buffer | undefined;
}

const page = 4096;
/** Where the file begins in memory: offsets and addresses must not be the same thing. */
const base = 0x10000;

export function dynamicElf({ machine, wide, libraries, attributes }: Wanted): Buffer {
  const file = Buffer.alloc(3 * page);
  const word = (value: number, at: number) =>
    wide ? file.writeBigUInt64LE(BigInt(value), at) : file.writeUInt32LE(value, at);
  file.write('\x7fELF', 'latin1');
  file.set([wide ? 2 : 1, 1, 1], 4);
  file.writeUInt16LE(machine, 18);

  const [strings, loader] = [page, page + 2048];
  let end = strings + 1;
  const width = wide ? 8 : 4;
  let at = 2 * page;
  const entry = (tag: number, value: number) => {
    word(tag, at);
    word(value, at + width);
    at += 2 * width;
  };
  for (const name of libraries) {
    entry(1, end - strings);
    end += file.write(`${name}\0`, end, 'latin1');
  }
  entry(5, base + strings);
  entry(0, 0);
  file.write('/lib/ld.so\0', loader, 'latin1');

  const segments: [type: number, offset: number, size: number][] = [
    [1, 0, file.length],
    ...(libraries.length === 0
      ? []
      : ([
          [2, 2 * page, at - 2 * page],
          [3, loader, 11],
        ] as [number, number, number][])),
  ];
  const [table, size] = wide ? [64, 56] : [52, 32];
  word(table, wide ? 32 : 28);
  file.writeUInt16LE(size, wide ? 54 : 42);
  file.writeUInt16LE(segments.length, wide ? 56 : 44);
  for (const [index, [type, offset, length]] of segments.entries()) {
    const start = table + size * index;
    file.writeUInt32LE(type, start);
    word(offset, start + (wide ? 8 : 4));
    word(base + offset, start + (wide ? 16 : 8));
    word(length, start + (wide ? 32 : 16));
  }
  return attributes === undefined ? file : withSection(file, wide, attributes);
}

/** Three sections: the empty one, `.ARM.attributes`, and the names. */
function withSection(file: Buffer, wide: boolean, attributes: Buffer): Buffer {
  const names = Buffer.from('\0.ARM.attributes\0.shstrtab\0');
  const size = wide ? 64 : 40;
  const table = Buffer.alloc(3 * size);
  const word = (value: number, at: number) =>
    wide ? table.writeBigUInt64LE(BigInt(value), at) : table.writeUInt32LE(value, at);
  const places: [name: number, offset: number, size: number][] = [
    [1, file.length, attributes.length],
    [17, file.length + attributes.length, names.length],
  ];
  for (const [index, [name, offset, length]] of places.entries()) {
    const start = size * (index + 1);
    table.writeUInt32LE(name, start);
    word(offset, start + (wide ? 24 : 16));
    word(length, start + (wide ? 32 : 20));
  }
  const at = file.length + attributes.length + names.length;
  if (wide) file.writeBigUInt64LE(BigInt(at), 40);
  else file.writeUInt32LE(at, 32);
  file.writeUInt16LE(size, wide ? 58 : 46);
  file.writeUInt16LE(3, wide ? 60 : 48);
  file.writeUInt16LE(2, wide ? 62 : 50);
  return Buffer.concat([file, attributes, names, table]);
}

/** The section of one vendor, with one part for the whole file; text attributes are given as text. */
export function armAttributes(pairs: readonly [tag: number, value: number | string][], vendor = 'aeabi'): Buffer {
  const bytes = Buffer.concat(
    pairs.map(([tag, value]) =>
      Buffer.concat([Buffer.from([tag]), typeof value === 'string' ? Buffer.from(`${value}\0`) : Buffer.from([value])]),
    ),
  );
  const part = Buffer.concat([Buffer.from([1, 0, 0, 0, 0]), bytes]);
  part.writeUInt32LE(part.length, 1);
  const whole = Buffer.concat([Buffer.alloc(4), Buffer.from(`${vendor}\0`), part]);
  whole.writeUInt32LE(whole.length);
  return Buffer.concat([Buffer.from('A'), whole]);
}
