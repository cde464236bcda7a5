import { join } from 'node:path';
import { messageOf } from '../../core/errors.ts';
import { readIfThere, writeAtomic } from '../../core/files.ts';
import { log } from '../../core/log.ts';
import type { Verifier } from './note.ts';
import { openTreeHead, type TreeHead } from './tree-head.ts';

/** The newest tree head of each database that was ever seen, as the go command keeps it: the log may only grow from there. */
export interface TreeMemory {
  read(verifier: Verifier): Promise<TreeHead | undefined>;
  /** Never puts an older head in the place of a newer one. */
  write(verifier: Verifier, head: TreeHead): Promise<void>;
}

/** Remembers in a folder that outlives the job. */
export function treeMemory(folder: string): TreeMemory {
  const pathOf = ({ name, keyHash }: Verifier) => join(folder, `${encodeURIComponent(name)}+${keyHash}.tree`);
  const read = async (verifier: Verifier) => {
    const path = pathOf(verifier);
    const note = await readIfThere(path);
    if (note === undefined) return undefined;
    try {
      return openTreeHead(note, verifier, path);
    } catch (error) {
      log.warning(`the remembered tree head is not used: ${messageOf(error)}`);
      return undefined;
    }
  };
  return {
    read,
    async write(verifier, head) {
      const there = await read(verifier);
      if (there !== undefined && there.size >= head.size) return;
      try {
        await writeAtomic(pathOf(verifier), head.note);
      } catch (error) {
        log.warning(`the tree head of ${verifier.name} cannot be remembered: ${messageOf(error)}`);
      }
    },
  };
}
