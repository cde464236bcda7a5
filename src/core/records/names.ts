import { SlipwayError } from '../errors.ts';
import { sha256 } from '../files.ts';
import type { Entry } from './entry.ts';

/** What entries are asked for by. */
export interface Filter {
  readonly version?: string;
  readonly environment?: string;
  readonly limit?: number;
}

/** Characters that file names, tags and branches all take; `_` escapes the others. */
const plain = /[^A-Za-z0-9.-]/gu;
/** A tag has at most 128 characters, of which a store uses some. */
const longest = 96;

/** The name under which a version is kept; no two versions share one: `v1.2.3+dirty` is `v1.2.3_2b_dirty`. */
export function versionName(version: string): string {
  const escaped = version.replace(plain, char => `_${char.codePointAt(0)!.toString(16)}_`).replace(/^[.-]/, '_$&');
  return escaped.length <= longest ? escaped : `${escaped.slice(0, 30)}__${sha256(version)}`;
}

/** Begins with the time, so that names sort as entries do; the rest finds those of a version and of an environment. */
export function entryName({ id, version, environment }: Entry): string {
  if (/^[A-Za-z0-9][A-Za-z0-9.-]{0,79}$/.test(id)) return `${id}_${short(version)}_${short(environment)}`;
  throw new SlipwayError('ENTRY_INVALID', `"${id}" is no id of an entry`, {
    hint: 'An id has up to 80 letters, digits, "." and "-".',
  });
}

/** Names of entries that a filter may mean, newest first. */
export function namesFor(names: readonly string[], { version, environment }: Filter): string[] {
  return names
    .filter(name => {
      const [, , ofVersion, ofEnvironment] =
        /^([A-Za-z0-9][A-Za-z0-9.-]*)_([0-9a-f]{8})_([0-9a-f]{8})$/.exec(name) ?? [];
      if (ofVersion === undefined) return false;
      if (version !== undefined && ofVersion !== short(version)) return false;
      return environment === undefined || ofEnvironment === short(environment);
    })
    .sort()
    .reverse();
}

const short = (text: string) => sha256(text).slice(0, 8);
