import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { log } from '../core/log.ts';
import { type LoadedRecord, outputFolder } from '../core/record/files.ts';
import { recordSchema } from '../core/record/schema.ts';

/**
 * The record to close where no step before gave one: the repository's name, version and commit as git knows them.
 * Undefined outside a repository, because nothing is known of a release there, and where a record is there already that
 * the user did not name: it holds the evidence of other steps.
 */
export async function ownRecord(directory: string, signal: AbortSignal): Promise<LoadedRecord | undefined> {
  const file = join(directory, outputFolder, 'release.json');
  if (existsSync(file)) {
    log.info(`${file} is left as it is: to close it with this verdict, name it in the input "release"`);
    return undefined;
  }
  const { releaseVersion } = await import('../core/version.ts');
  const { version, source, commit, commitTime } = await releaseVersion({ directory, signal });
  if (source === 'none') return undefined;
  return {
    file,
    record: {
      schema: recordSchema,
      name: basename(process.env['GITHUB_REPOSITORY'] || directory),
      version,
      ...(commit === undefined ? {} : { commit }),
      ...(commitTime === undefined ? {} : { commitTime }),
      binaries: [],
      images: [],
      deployments: [],
    },
  };
}
