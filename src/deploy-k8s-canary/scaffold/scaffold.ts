import { join, relative } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { SlipwayError } from '../../core/errors.ts';
import { folderIn, readBase, readManifest, writeFolder } from './folder.ts';
import { given } from './given.ts';
import { mergeYaml } from './merge.ts';
import { renderManifests } from './render.ts';
import type { Settings } from './settings.ts';

/** What became of a file. */
export interface Written {
  /** Relative to the working directory. */
  readonly file: string;
  readonly what: 'written' | 'changed' | 'unchanged' | 'deleted' | 'left out' | 'kept';
  /** What stayed the user's although it would be written differently now. */
  readonly kept: readonly string[];
}

/** Writes the manifests, or brings those that it wrote up to date. All is read and decided before the first write. */
export async function scaffoldManifests(
  settings: Settings,
  image: string | undefined,
  directory: string,
): Promise<Written[]> {
  const folder = await folderIn(directory, settings.directory);
  const base = await readBase(folder);
  const deployment = await readManifest(folder, 'deployment.yaml');
  const next = renderManifests(settings, given(settings, image, base['deployment.yaml'], deployment));
  const names = [...new Set([...Object.keys(next), ...Object.keys(base)])];
  const decided = await Promise.all(
    names.map(async name => decide(name, base[name], await readManifest(folder, name), next[name])),
  );
  const theirs = decided
    .filter(one => one.what === 'foreign')
    .map(({ name }) => relative(directory, join(folder, name)));
  if (theirs.length > 0)
    throw new SlipwayError('FILE_EXISTS', `not written by scaffold: ${theirs.join(', ')}`, {
      hint: 'Nothing was written. Move it away, or name another directory.',
    });
  const changes = new Map(decided.filter(({ what }) => writes.includes(what)).map(({ name, text }) => [name, text]));
  if (changes.size > 0 || !isDeepStrictEqual(base, next)) await writeFolder(folder, changes, next);
  return decided.map(({ name, what, kept }) => ({
    file: relative(directory, join(folder, name)),
    what: what === 'foreign' ? 'kept' : what,
    kept,
  }));
}

const writes: readonly string[] = ['written', 'changed', 'deleted'];

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
  const { text, kept } = mergeYaml(name, was, is, next);
  return text === is ? { ...same(name, is), kept } : { name, what: 'changed', text, kept };
}

const same = (name: string, text: string): Decision => ({ name, what: 'unchanged', text, kept: [] });
