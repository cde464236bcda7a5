import type { LoadedRecord } from '../record/files.ts';
import type { ReleaseRecord } from '../record/schema.ts';
import type { Entry } from './entry.ts';

/** A release that is kept. */
export interface Kept {
  readonly version: string;
  readonly commit?: string | undefined;
  /** When it was put there; ISO 8601, UTC. */
  readonly at: string;
}

/** Where releases are kept, and what was done with them. */
export interface Records {
  /** For people: `oci://ghcr.io/acme/hello`. */
  readonly place: string;
  /**
   * Keeps a release whole: its record, binaries, SBOMs. The same again changes nothing.
   *
   * @throws SlipwayError RELEASE_EXISTS when the version is kept with other content
   */
  put(release: LoadedRecord): Promise<void>;
  /**
   * Brings a release into `slipway-out/` of a folder; every file is checked by its sha256.
   *
   * @param version one of `releases()`, or `latest`
   * @throws SlipwayError VERSION_MISSING that lists those there are; RECORD_CHANGED when a file is another
   */
  get(version: string, directory: string): Promise<LoadedRecord>;
  /** Only the record of a release, without its files: its paths lead nowhere. Undefined where the version is not kept. */
  record(version: string): Promise<ReleaseRecord | undefined>;
  /** Newest first. */
  releases(): Promise<Kept[]>;
  /** Adds an entry; no other is touched, and two writers never lose one. */
  append(entry: Entry): Promise<void>;
  /** Newest first. */
  entries(filter?: { version?: string; environment?: string; limit?: number }): Promise<Entry[]>;
}
