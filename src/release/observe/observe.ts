import { resolve } from 'node:path';
import { type ConfigFile, readConfigFile } from '../../core/config-file.ts';
import { SlipwayError } from '../../core/errors.ts';
import { folderIn, readBase } from '../../core/generated/folder.ts';
import { updateFolder, type Written } from '../../core/generated/update.ts';
import { renderFiles } from './render.ts';
import { readSettings } from './settings.ts';

/** The name of the command: errors and the file of what was written last have it. */
const by = 'observe';

/** What of a request is needed. */
export interface Wanted {
  /** Path of slipway.yml, relative to `directory`. */
  readonly config: string;
  readonly environment?: string | undefined;
  /** Instead of the section's own. */
  readonly output?: string | undefined;
  /** Absolute. */
  readonly directory: string;
}

/** Writes what the section `observe` asks for, or brings it up to date; nothing is asked and nothing is deployed. */
export async function observe({ config, environment, output, directory }: Wanted): Promise<Written[]> {
  const file = await readConfigFile(resolve(directory, config), environment);
  if (file.observe === undefined) throw missing(file);
  const given = { ...file.observe, ...(output === undefined ? {} : { directory: output }) };
  const settings = readSettings(given, key => file.at(['observe', key]));
  const folder = await folderIn(directory, settings.directory, by);
  return updateFolder({ folder, directory, by }, await readBase(folder, by), renderFiles(settings));
}

function missing({ file }: ConfigFile): SlipwayError {
  return new SlipwayError('OBSERVE_MISSING', `${file} has no section "observe"`, {
    hint: 'Nothing was written. Write at least the name of the service, and where its metrics are read: observe: { service: hello, targets: [web1.example.com:8080] }.',
  });
}
