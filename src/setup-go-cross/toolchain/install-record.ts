import * as v from 'valibot';
import { readIfThere, writeAtomic } from '../../core/files.ts';
import { Toolchain } from '../../core/record/schema.ts';
import { dirHash } from './dirhash.ts';
import { hashTree } from './tree.ts';

/**
 * How the files of a GOROOT are named when it is hashed. A toolchain module has `_go.mod` where the tree has `go.mod`,
 * and a prefix, so that the tree's hash is the very one that the checksum database signed.
 */
export type TreeNaming = v.InferOutput<typeof TreeNaming>;
const TreeNaming = v.object({ prefix: v.string(), module: v.boolean() });

/** What was verified at install: stands beside the folder in the tool cache. */
export type InstallRecord = v.InferOutput<typeof InstallRecord>;
const InstallRecord = v.object({
  schema: v.literal('slipway.toolchain/v1'),
  toolchain: Toolchain,
  /** `h1:…` over every file. */
  tree: v.string(),
  naming: TreeNaming,
});

export const recordPath = (goroot: string) => `${goroot}.slipway.json`;

export async function writeInstallRecord(path: string, record: Omit<InstallRecord, 'schema'>): Promise<void> {
  await writeAtomic(path, `${JSON.stringify({ schema: 'slipway.toolchain/v1', ...record }, undefined, 2)}\n`);
}

/** The record beside a GOROOT: undefined when somebody else installed it, `damaged` when it cannot be read. */
export async function readInstallRecord(goroot: string): Promise<InstallRecord | 'damaged' | undefined> {
  const text = await readIfThere(recordPath(goroot));
  if (text === undefined) return undefined;
  try {
    return v.parse(InstallRecord, JSON.parse(text));
  } catch {
    return 'damaged';
  }
}

/** Hashes every file of a GOROOT again. */
export async function treeHash(goroot: string, { prefix, module }: TreeNaming): Promise<string> {
  const files = await hashTree(goroot, path => (module ? path.replace(/(^|\/)go\.mod$/, '$1_go.mod') : path));
  return dirHash(files, prefix);
}
