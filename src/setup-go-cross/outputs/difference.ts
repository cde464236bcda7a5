import { isDeepStrictEqual } from 'node:util';
import type { BuildInfo } from '../../core/binary/index.ts';
import { sectionsOf } from './sections.ts';

/** One of two builds of the same program. */
export interface Side {
  readonly bytes: Buffer;
  readonly buildinfo: BuildInfo;
  /** Top of the tree that it was built in. */
  readonly folder: string;
}

/** Where two builds differ, most telling first: a folder's path inside, a build setting, a module, sections. */
export function differencesOf(first: Side, second: Side): string[] {
  return [...embeddedPath(first, second), ...settings(first.buildinfo, second.buildinfo), ...sections(first, second)];
}

function embeddedPath(...sides: Side[]): string[] {
  const holds = sides.find(({ bytes, folder }) => folder.length > 1 && bytes.includes(folder));
  if (holds === undefined) return [];
  const at = holds.bytes.indexOf(holds.folder);
  const path = /^[\x20-\x7e]*/.exec(holds.bytes.toString('latin1', at, at + 200))![0];
  return [`it holds the path of the folder that it was built in (${path})`];
}

function settings(first: BuildInfo, second: BuildInfo): string[] {
  const names = [...new Set([...Object.keys(first.settings), ...Object.keys(second.settings)])];
  const changed = names.filter(name => first.settings[name] !== second.settings[name]);
  const said = (value: string | undefined) => (value === undefined ? 'absent' : `"${value}"`);
  return [
    ...changed.map(
      name => `the build setting ${name} is ${said(first.settings[name])}, then ${said(second.settings[name])}`,
    ),
    ...(isDeepStrictEqual(first.deps, second.deps) && isDeepStrictEqual(first.mod, second.mod)
      ? []
      : ['other modules were linked']),
  ];
}

/** The build ID holds a hash of the content: it differs whenever anything does, and explains nothing. */
const derived = /^(\.note\.go\.buildid|\.note\.gnu\.build-id)$/;

function sections(first: Side, second: Side): string[] {
  const others = new Map(sectionsOf(second.bytes).map(section => [section.name, section]));
  const changed = sectionsOf(first.bytes).flatMap(section => {
    const other = others.get(section.name);
    const [a, b] = [section, other].map((one, index) =>
      one === undefined ? undefined : [first, second][index]!.bytes.subarray(one.offset, one.offset + one.size),
    );
    return b !== undefined && a!.equals(b) ? [] : [{ name: section.name, at: firstDifference(a!, b) }];
  });
  const telling = changed.filter(({ name }) => !derived.test(name));
  const shown = (telling.length > 0 ? telling : changed).slice(0, 3);
  if (shown.length > 0) return shown.map(({ name, at }) => `section ${name} differs from its byte ${at} on`);
  return [`the files differ from byte ${firstDifference(first.bytes, second.bytes)} on`];
}

function firstDifference(a: Buffer, b: Buffer | undefined): number {
  let [low, high] = [0, Math.min(a.length, b?.length ?? 0)];
  // The longest beginning that is equal, by halves: `equals` compares megabytes in no time.
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (a.subarray(0, middle).equals(b!.subarray(0, middle))) low = middle;
    else high = middle - 1;
  }
  return low;
}
