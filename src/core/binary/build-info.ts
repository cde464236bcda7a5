import { SlipwayError } from '../errors.ts';
import type { ByteSource } from './bytes.ts';
import type { Range } from './executable.ts';
import { unquote } from './quoted.ts';

/** One module in the build list. */
export interface Module {
  readonly path: string;
  /** `(devel)` for a main module without a version. */
  readonly version: string;
  /** `h1:…`; empty for the main module and for replacements by a folder. */
  readonly sum: string;
  readonly replace?: Module;
}

/** What the go command wrote into the binary (runtime/debug.BuildInfo). */
export interface BuildInfo {
  /** `go1.26.8`. */
  readonly goVersion: string;
  /** Import path of the main package. */
  readonly path: string;
  readonly mod: Module | undefined;
  readonly deps: readonly Module[];
  /** `GOOS`, `GOARCH`, `GOARM`, `CGO_ENABLED`, `-trimpath`, `vcs.revision`, `vcs.modified` …; with -trimpath, `-ldflags` is left out. */
  readonly settings: Readonly<Record<string, string>>;
}

const magic = Buffer.from('\xff Go buildinf:', 'latin1');
const alignment = 16;
const headerSize = 32;
const chunk = 1 << 20;

/** Finds and reads the build information, or returns undefined where there is none: not a Go program, or stripped of it. */
export async function readBuildInfo(source: ByteSource, ranges: readonly Range[]): Promise<BuildInfo | undefined> {
  for (const range of ranges) {
    const at = await find(source, range);
    if (at !== undefined) return parseBlob(source, at);
  }
  return undefined;
}

async function find(source: ByteSource, { offset, size }: Range): Promise<number | undefined> {
  const end = Math.min(offset + size, source.size);
  for (let at = offset; at < end; at += chunk) {
    const bytes = await source.read(at, Math.min(chunk + magic.length, end - at));
    for (let hit = bytes.indexOf(magic); hit >= 0; hit = bytes.indexOf(magic, hit + 1)) {
      // Aligned in memory; sections are aligned in the file too, so the same holds there.
      if ((at + hit) % alignment === 0 || (at + hit - offset) % alignment === 0) return at + hit;
    }
  }
  return undefined;
}

/** Layout since Go 1.18: magic, pointer size, flags, padding to 32 bytes, then two strings with varint lengths. */
async function parseBlob(source: ByteSource, at: number): Promise<BuildInfo> {
  const header = await source.read(at, headerSize);
  if ((header[15]! & 2) === 0) {
    throw new SlipwayError('BUILDINFO_OLD', `${source.path} was built by a Go older than 1.18`, {
      hint: 'Build it with a newer Go: its build information cannot be read.',
    });
  }
  const version = await readString(source, at + headerSize);
  const text = await readString(source, version.end);
  // 16 bytes of marker before and behind the text.
  const framed = text.bytes.length >= 33 && text.bytes[text.bytes.length - 17] === 0x0a;
  return parseModInfo(
    version.bytes.toString('utf8'),
    framed ? text.bytes.subarray(16, text.bytes.length - 16).toString('utf8') : '',
  );
}

async function readString(source: ByteSource, at: number): Promise<{ bytes: Buffer; end: number }> {
  const head = await source.read(at, Math.min(10, source.size - at));
  let [length, shift, used] = [0, 1, 0];
  for (const byte of head) {
    length += (byte & 0x7f) * shift;
    shift *= 128;
    used++;
    if (byte < 0x80) break;
  }
  const bytes = await source.read(at + used, length);
  return { bytes, end: at + used + length };
}

/** The text that `go version -m` prints: tab-separated lines `path`, `mod`, `dep`, `=>` and `build`. */
export function parseModInfo(goVersion: string, text: string): BuildInfo {
  let path = '';
  let mod: Module | undefined;
  const deps: Module[] = [];
  const settings: Record<string, string> = {};
  let replaced: ((by: Module) => void) | undefined;
  for (const line of text.split('\n')) {
    const [kind = '', ...fields] = line.split('\t');
    const module: Module = { path: fields[0] ?? '', version: fields[1] ?? '', sum: fields[2] ?? '' };
    if (kind === 'path') path = fields[0] ?? '';
    else if (kind === 'mod') {
      mod = module;
      replaced = replace => {
        mod = { ...module, replace };
      };
    } else if (kind === 'dep') {
      const index = deps.push(module) - 1;
      replaced = replace => {
        deps[index] = { ...module, replace };
      };
    } else if (kind === '=>') replaced?.(module);
    else if (kind === 'build') {
      const [key, value] = setting(fields.join('\t'));
      settings[key] = value;
    }
  }
  return { goVersion, path, mod, deps, settings };
}

function setting(text: string): [string, string] {
  const key = /^(?:`[^`]*`|"(?:[^"\\]|\\.)*"|[^=]*)/.exec(text)![0];
  return [unquote(key), unquote(text.slice(key.length + 1))];
}
