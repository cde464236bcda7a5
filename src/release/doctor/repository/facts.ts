import type { ConfigFile } from '../../../core/config-file.ts';
import type { Entry } from '../../../core/records/entry.ts';
import { readTree } from '../../../core/tree.ts';

/** What can be looked at without a network. */
export interface Repository {
  /** With the environment's own laid over it. */
  readonly file: ConfigFile;
  /** Path with `/` → text, of Go, YAML and Dockerfiles; empty where it has more than 1 MB. */
  readonly texts: ReadonlyMap<string, string>;
  /** What was done in the environment, the newest first; or why it is not known. */
  readonly deeds: readonly Entry[] | string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

const looked = /(^|\/)(go\.(mod|sum)|(Docker|Container)file[^/]*)$|\.(go|ya?ml)$/;

/** Reads the files that checks look at. @param directory the one of slipway.yml's relative paths; absolute */
export async function readRepository(
  file: ConfigFile,
  directory: string,
  deeds: Repository['deeds'],
  now: number,
): Promise<Repository> {
  const tree = await readTree(directory);
  const read = tree.files.filter(path => looked.test(path)).map(async path => [path, await tree.read(path)] as const);
  return { file, texts: new Map(await Promise.all(read)), deeds, now };
}
