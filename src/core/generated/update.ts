import { join, relative } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { SlipwayError } from '../errors.ts';
import { readGenerated, writeFolder } from './folder.ts';
import { mergeYaml } from './merge.ts';

/** What became of a file. */
export interface Written {
  /** Relative to the working directory. */
  readonly file: string;
  readonly what: 'written' | 'changed' | 'unchanged' | 'deleted' | 'left out' | 'kept';
  /** What stayed the user's although it would be written differently now. */
  readonly kept: readonly string[];
}

/**
 * Writes generated files, or brings those that are there up to date. All is read and decided before the first write.
 *
 * @param directory the working directory, absolute
 * @param base what was written last, by file (`readBase`)
 * @param next what is written now, by file
 * @param by the command that writes them
 */
export async function updateFolder(
  { folder, directory, by }: { folder: string; directory: string; by: string },
  base: Readonly<Record<string, string>>,
  next: Readonly<Record<string, string>>,
): Promise<Written[]> {
  const names = [...new Set([...Object.keys(next), ...Object.keys(base)])];
  const decided = await Promise.all(
    names.map(async name => decide(name, base[name], await readGenerated(folder, name), next[name])),
  );
  const theirs = decided
    .filter(one => one.what === 'foreign')
    .map(({ name }) => relative(directory, join(folder, name)));
  if (theirs.length > 0)
    throw new SlipwayError('FILE_EXISTS', `not written by ${by}: ${theirs.join(', ')}`, {
      hint: 'Nothing was written. Move it away, or name another directory.',
    });
  const changes = new Map(decided.filter(({ what }) => writes.includes(what)).map(({ name, text }) => [name, text]));
  if (changes.size > 0 || !isDeepStrictEqual(base, next)) await writeFolder(folder, changes, next, by);
  return decided.map(({ name, what, kept }) => ({
    file: relative(directory, join(folder, name)),
    what: what === 'foreign' ? 'kept' : what,
    kept,
  }));
}

const writes: readonly string[] = ['written', 'changed', 'deleted'];

/** Whether a file is not what it was. */
export const anyChange = (written: readonly Written[]): boolean => written.some(({ what }) => writes.includes(what));

/** What became of each file, a line each, and what stayed the user's below it. */
export function tellWritten(written: readonly Written[]): string[] {
  return written.flatMap(({ file, what, kept }) => [
    `${what.padEnd(9)} ${file}`,
    ...kept.map(one => `          yours stays: ${one}`),
  ]);
}

interface Decision {
  readonly name: string;
  readonly what: Written['what'] | 'foreign';
  /** Undefined: no such file. */
  readonly text: string | undefined;
  readonly kept: readonly string[];
}

/** What becomes of a file, by what was generated, what is there, and what is generated now. */
function decide(name: string, was: string | undefined, is: string | undefined, next: string | undefined): Decision {
  if (next === undefined) {
    if (is === undefined) return { name, what: 'left out', text: is, kept: [] };
    if (is === was) return { name, what: 'deleted', text: undefined, kept: [] };
    return { name, what: 'kept', text: is, kept: ['no longer generated, but you changed it: delete it yourself'] };
  }
  if (is === undefined) {
    if (was !== undefined) return { name, what: 'left out', text: is, kept: ['you deleted it, so it stays away'] };
    return { name, what: 'written', text: next, kept: [] };
  }
  if (was === undefined) return is === next ? same(name, is) : { name, what: 'foreign', text: is, kept: [] };
  if (!/\.ya?ml$/.test(name)) return whole(name, was, is, next);
  const { text, kept } = mergeYaml(name, was, is, next);
  return text === is ? { ...same(name, is), kept } : { name, what: 'changed', text, kept };
}

/** A file without fields that could be told apart is the user's as soon as it is changed. */
function whole(name: string, was: string, is: string, next: string): Decision {
  if (is === next || was === next) return same(name, is);
  if (is === was) return { name, what: 'changed', text: next, kept: [] };
  return { ...same(name, is), kept: ['you changed it, and it would be written differently now'] };
}

const same = (name: string, text: string): Decision => ({ name, what: 'unchanged', text, kept: [] });
