import type { Toolchain } from '../../core/record/schema.ts';
import type { TreeNaming } from './install-record.ts';

/** Where toolchains come from. Sources are asked in order; one that is not there (`SOURCE_UNAVAILABLE`) is passed over. */
export interface Source {
  /** For the log: `official index https://…`. */
  readonly name: string;
  /** Versions that it has for this machine, Go's names without `go`, in any order. */
  versions(signal: AbortSignal): Promise<readonly string[]>;
  /**
   * Puts a verified GOROOT into the empty folder `into`; `scratch` is for what is needed on the way.
   * Throws SOURCE_UNAVAILABLE when it has no such version; any other error ends the installation.
   */
  fetch(version: string, into: string, scratch: string, signal: AbortSignal): Promise<Fetched>;
}

export interface Fetched {
  readonly toolchain: Toolchain;
  /** `h1:…` of the files as they were written. */
  readonly tree: string;
  readonly naming: TreeNaming;
}
