import { SlipwayError } from '../../core/errors.ts';
import type { Entry } from '../../core/tar.ts';
import type { PlatformContent } from '../image.ts';
import { binaryFolder, type Making } from '../layers.ts';
import { scratchFolders } from '../scratch.ts';
import type { PlatformBinaries } from '../select.ts';
import { collectFiles, parentsOf } from './collect.ts';
import type { FileRule } from './parse.ts';

/** Folders that bases have, with modes, owners and links of their own (/tmp, /bin → usr/bin): never written anew. */
const usual = new Set(
  'bin boot dev etc home lib lib32 lib64 libx32 media mnt opt proc root run sbin srv sys tmp usr var'.split(' '),
);

/** The layer with the input `files`, below the programs; one for what stands on `scratch`, one for other bases. */
export async function filesLayers(
  rules: readonly FileRule[],
  platforms: readonly PlatformBinaries[],
  directory: string,
  making: Making,
): Promise<(onScratch: boolean) => Promise<PlatformContent['layers']>> {
  if (rules.length === 0) return async () => [];
  const files = await collectFiles(rules, directory, making.signal);
  mustNotHide(files, platforms);
  const once = new Map<boolean, Promise<PlatformContent['layers']>>();
  const make = async (onScratch: boolean) => {
    const { compression, seconds, signal } = making;
    const entries = withParents(files, onScratch);
    const name = onScratch ? 'files-scratch' : 'files';
    const layer = await making.make({ name, entries, seconds, compression }, signal);
    return [{ layer, comment: `${files.filter(one => !one.name.endsWith('/')).length} files` }];
  };
  return onScratch => {
    const made = once.get(onScratch) ?? make(onScratch);
    once.set(onScratch, made);
    return made;
  };
}

/** Folders first: some runtimes make missing ones unreadable for a user without rights. */
export function withParents(files: readonly Entry[], onScratch: boolean): Entry[] {
  const known = (folder: string) =>
    onScratch ? scratchFolders.includes(folder) : usual.has(folder.split('/', 1)[0] ?? '');
  const all = new Map<string, Entry>();
  for (const file of files) {
    for (const folder of [...parentsOf(file.name), ...(file.name.endsWith('/') ? [file.name] : [])]) {
      if (!known(folder)) all.set(folder, { name: folder, mode: 0o755 });
    }
    if (!file.name.endsWith('/')) all.set(file.name, file);
  }
  return [...all.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function mustNotHide(files: readonly Entry[], platforms: readonly PlatformBinaries[]): void {
  const programs = platforms[0]!.binaries.map(binary => `${binaryFolder}/${binary.name}`);
  const plain = (name: string) => name.replace(/\/$/, '');
  const hit = files.find(({ name, content, link }) => {
    const isFolder = content === undefined && link === undefined;
    return programs.some(program => plain(name) === program || (!isFolder && program.startsWith(`${name}/`)));
  });
  const below = files.find(({ name }) => programs.some(program => name.startsWith(`${program}/`)));
  const bad = hit ?? below;
  if (bad === undefined) return;
  throw new SlipwayError('FILES_CONFLICT', `input "files": /${plain(bad.name)} is in the way of a program`, {
    hint: 'Programs of the release come into the image by themselves.',
  });
}
