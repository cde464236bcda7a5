import { resolve } from 'node:path';
import { definition as image } from '../build-multiarch-image/inputs.ts';
import { readConfigFile } from '../core/config-file.ts';
import { SlipwayError } from '../core/errors.ts';
import type { OpenRecords } from '../core/records/index.ts';
import { openStored } from '../release/stored.ts';
import type { Call } from './call.ts';
import { environmentOf } from './environment.ts';
import { requestOf } from './request-of.ts';

/** Opens the place where releases are kept: what --records, else slipway.yml, says. @throws SlipwayError RECORDS_MISSING */
export async function openKept(call: Call): Promise<OpenRecords> {
  const { directory, env, signal } = call;
  const request = requestOf('status', call);
  const config = await readConfigFile(resolve(directory, request.config), request.environment);
  const schemas = { 'build-multiarch-image': image };
  const records = await openStored(request, config, { schemas, env: environmentOf(env), signal });
  if (records !== undefined) return records;
  throw new SlipwayError('RECORDS_MISSING', 'nothing says where releases are kept', {
    hint: `Write \`records: oci\` (or folder, git) into ${request.config}, or give --records.`,
  });
}
