import { SlipwayError } from '../errors.ts';
import type { ByteSource } from './bytes.ts';
import { type Executable, executableOf } from './executable.ts';
import { peMachines } from './pe.ts';

const memberHeader = 60;

/** What `-buildmode=c-archive` writes: an ar archive whose member go.o is the program; the others are its C parts. */
export async function readArchive(source: ByteSource): Promise<Executable> {
  for (let at = 8; at + memberHeader <= source.size; ) {
    const header = (await source.read(at, memberHeader)).toString('latin1');
    const size = Number(header.slice(48, 58).trim());
    // BSD's ar, which macOS has, writes a long name in front of the content: `#1/20`.
    const longName = Number(/^#1\/(\d+)/.exec(header)?.[1] ?? 0);
    const start = at + memberHeader;
    const name = longName > 0 ? (await source.read(start, longName)).toString('latin1') : header.slice(0, 16);
    if (/^go\.o\b/.test(name)) return object(source, start + longName, size - longName);
    at = start + size + (size % 2);
  }
  throw new SlipwayError('BINARY_NOT_GO', `${source.path} is an archive without go.o, so Go did not make it`, {
    hint: 'Give the archive that `go build -buildmode=c-archive` wrote.',
  });
}

async function object(archive: ByteSource, start: number, size: number): Promise<Executable> {
  const member: ByteSource = {
    path: archive.path,
    size,
    read: (offset, length) => archive.read(start + offset, length),
  };
  const { machine, os, buildInfoRanges } = await inside(member);
  return {
    format: 'archive',
    machine,
    os,
    interpreter: undefined,
    layout: 'archive',
    buildInfoRanges: buildInfoRanges.map(range => ({ offset: start + range.offset, size: range.size })),
  };
}

/** An object of ELF or Mach-O; one for Windows is COFF, which begins with its machine. */
async function inside(member: ByteSource): Promise<Pick<Executable, 'machine' | 'os' | 'buildInfoRanges'>> {
  const machine = peMachines[(await member.read(0, 2)).readUInt16LE(0)];
  if (machine === undefined) return executableOf(member);
  return { machine, os: 'windows', buildInfoRanges: [{ offset: 0, size: member.size }] };
}
