import type { Readable } from 'node:stream';
import type { KeptFile, Package, Packing } from './package.ts';
import type { Kept } from './records.ts';

/** What a place must be able to do; everything else is the same for all of them. */
export interface Store {
  /** For people. */
  readonly place: string;
  /** A kept release; undefined where there is none of this version. */
  find(version: string, signal: AbortSignal): Promise<Package | undefined>;
  /** Keeps a release: whole, or after a kill nothing that `find` sees. `false`: there is one of this version already. */
  keep(release: Packing, signal: AbortSignal): Promise<boolean>;
  /** Opens a file of a release; nobody has checked the bytes. */
  open(file: KeptFile, release: Package, signal: AbortSignal): Promise<Readable>;
  /** What of a release can be given back, where a place does not keep all of it. */
  available?(release: Package): Package;
  /** In any order. */
  releases(signal: AbortSignal): Promise<Kept[]>;
  /** Adds an entry, as `keep` does a release. `false`: another one has this name; it stays as it is. */
  writeEntry(name: string, text: string, signal: AbortSignal): Promise<boolean>;
  /** In any order. */
  entryNames(signal: AbortSignal): Promise<string[]>;
  /** The texts of entries that `entryNames` named, in the same order. */
  readEntries(names: readonly string[], signal: AbortSignal): Promise<string[]>;
  /** Ends what keeps the process alive. */
  close?(): void;
}
