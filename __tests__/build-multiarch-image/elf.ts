const machines: Record<string, { machine: number; wide: boolean }> = {
  amd64: { machine: 62, wide: true },
  arm64: { machine: 183, wide: true },
  arm: { machine: 40, wide: false },
};

/** The smallest file that is an ELF program for a machine: its header, no segments, then `tail`. */
export function elf(arch: 'amd64' | 'arm64' | 'arm', tail = ''): Buffer {
  const { machine, wide } = machines[arch]!;
  const header = Buffer.alloc(64);
  header.write('\x7fELF', 'latin1');
  header[4] = wide ? 2 : 1;
  header[5] = 1;
  header[6] = 1;
  header.writeUInt16LE(2, 16);
  header.writeUInt16LE(machine, 18);
  return Buffer.concat([header, Buffer.from(tail)]);
}
