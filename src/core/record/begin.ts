import { join } from 'node:path';
import { type LoadedRecord, outputFolder } from './files.ts';
import { type ReleaseRecord, recordSchema } from './schema.ts';

/** What is known of a release before anything has been done with it; git's part as `releaseVersion` gives it. */
export interface Beginning {
  readonly name: string;
  readonly version: string;
  readonly commit?: string | undefined;
  readonly commitTime?: string | undefined;
  /** Changed and untracked files. */
  readonly changes?: readonly string[];
}

/** A record without evidence. */
export function emptyRecord({ name, version, commit, commitTime, changes = [] }: Beginning): ReleaseRecord {
  return {
    schema: recordSchema,
    name,
    version,
    ...(commit === undefined ? {} : { commit }),
    ...(commitTime === undefined ? {} : { commitTime }),
    ...(changes.length === 0 ? {} : { modified: true }),
    binaries: [],
    images: [],
    deployments: [],
  };
}

/** Where an action begins a record of its own because no step before gave one: `slipway-out/release.json`. */
export function ownRecordFile(directory: string): string {
  return join(directory, outputFolder, 'release.json');
}

/** An empty record in its place; the next save writes it. */
export function beginRecord(directory: string, beginning: Beginning): LoadedRecord {
  return { file: ownRecordFile(directory), record: emptyRecord(beginning) };
}
