import { type BuildInfo, parseModInfo } from './build-info.ts';
import type { ByteSource } from './bytes.ts';
import type { Executable } from './executable.ts';

const custom = 0;
const imports = 2;
const exported = 7;
const data = 11;

/** What the linker puts around the module text in every program (cmd/go/internal/modload, `infoStart` and `infoEnd`). */
const begins = Buffer.from('3077af0c9274080241e1c107e6d618e6', 'hex');
const ends = Buffer.from('f932433186182072008242104116d8f2', 'hex');

interface Section {
  readonly id: number;
  readonly offset: number;
  readonly size: number;
}

/**
 * A WebAssembly module of GOOS js or wasip1. The linker writes no `go:buildinfo` into it, so that `go version -m` finds
 * nothing; but the module text that runtime/debug reads is there, and the custom section `producers` names the Go version.
 */
export async function readWasm(source: ByteSource): Promise<Executable> {
  const sections = await sectionsOf(source);
  const bytes = async (id: number) => {
    const section = sections.find(one => one.id === id);
    return section === undefined ? Buffer.alloc(0) : source.read(section.offset, section.size);
  };
  const [imported, exports] = await Promise.all([bytes(imports), bytes(exported)]);
  const info = await buildInfo(source, sections);
  return {
    format: 'wasm',
    machine: 'wasm',
    os: imported.includes('wasi_snapshot_preview1') ? 'wasip1' : 'js',
    interpreter: undefined,
    // A reactor is started by its host and then called; a command runs once, from _start.
    layout: exports.includes('_initialize') ? 'library' : 'fixed',
    buildInfoRanges: [],
    ...(info === undefined ? {} : { buildInfo: info }),
  };
}

async function sectionsOf(source: ByteSource): Promise<Section[]> {
  const found: Section[] = [];
  for (let at = 8; at < source.size; ) {
    const head = await source.read(at, Math.min(6, source.size - at));
    const { value, length } = leb(head, 1);
    found.push({ id: head[0]!, offset: at + 1 + length, size: value });
    at += 1 + length + value;
    if (at > source.size) await source.read(at - value, value); // says that the file is cut off
  }
  return found;
}

async function buildInfo(source: ByteSource, sections: readonly Section[]): Promise<BuildInfo | undefined> {
  const goVersion = await producer(source, sections);
  const section = sections.find(({ id }) => id === data);
  if (goVersion === undefined || section === undefined) return undefined;
  const bytes = await source.read(section.offset, section.size);
  const from = bytes.indexOf(begins);
  const to = from < 0 ? -1 : bytes.indexOf(ends, from);
  const text = to < 0 ? '' : bytes.toString('utf8', from + begins.length, to);
  return parseModInfo(goVersion, text);
}

/** `producers`: fields of (name, version) pairs; the language of ours is Go. */
async function producer(source: ByteSource, sections: readonly Section[]): Promise<string | undefined> {
  for (const { offset, size } of sections.filter(({ id }) => id === custom)) {
    const head = await source.read(offset, Math.min(size, 4096));
    const name = text(head, 0);
    if (name.value !== 'producers') continue;
    const language = text(head, name.end + 1);
    const first = text(head, language.end + 1);
    return language.value === 'language' && first.value === 'Go' ? text(head, first.end).value : undefined;
  }
  return undefined;
}

function text(bytes: Buffer, at: number): { value: string; end: number } {
  const { value, length } = leb(bytes, at);
  const end = at + length + value;
  return { value: bytes.toString('utf8', at + length, end), end };
}

/** Unsigned LEB128 of at most 32 bits. */
function leb(bytes: Buffer, at: number): { value: number; length: number } {
  let value = 0;
  for (let length = 0; length < 5; length++) {
    const byte = bytes[at + length] ?? 0;
    value += (byte & 0x7f) * 2 ** (7 * length);
    if (byte < 0x80) return { value, length: length + 1 };
  }
  return { value, length: 5 };
}
