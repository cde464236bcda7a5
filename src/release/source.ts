import { isDeepStrictEqual } from 'node:util';
import type { ConfigFile } from '../core/config-file.ts';
import { SlipwayError } from '../core/errors.ts';
import { log } from '../core/log.ts';
import { type LoadedRecord, loadRecords, saveRecord } from '../core/record/files.ts';
import type { Entry } from '../core/records/entry.ts';
import { refuseChanged } from '../core/records/package.ts';
import type { Records } from '../core/records/records.ts';
import type { Request } from './request.ts';

/**
 * The release that a request is about, when it is not to be built: what the input `release` names, else a stored one.
 *
 * @returns undefined where the actions need none
 * @throws SlipwayError RECORDS_MISSING, VERSION_MISSING, NOT_VERIFIED, RECORD_CHANGED
 */
export async function sourceOf(
  request: Request,
  file: ConfigFile,
  records: Records | undefined,
): Promise<LoadedRecord | undefined> {
  if (request.release.length > 0) {
    const handedOn = await loadRecords(request.release, request.directory);
    if (handedOn !== undefined) await refuseChanged(handedOn);
    return handedOn && (await onDisk(handedOn, request.directory));
  }
  const needed = ['deploy', 'promote'].includes(request.mode) || request.version !== undefined;
  if (records === undefined) {
    if (needed) throw nowhere(request, file);
    return undefined;
  }
  if (request.mode === 'promote') return records.get(await promotable(request, file, records), request.directory);
  if (needed) return records.get(request.version ?? 'latest', request.directory);
  return running(request, file, records);
}

/** Several records that were handed on are one from here on; whoever comes next reads it from its file. */
async function onDisk(loaded: LoadedRecord, directory: string): Promise<LoadedRecord> {
  const there = await loadRecords([loaded.file], directory).catch(() => undefined);
  if (!isDeepStrictEqual(there?.record, loaded.record)) await saveRecord(loaded);
  return loaded;
}

/** The environment that a version is promoted from: `from`, else the one before in the file. */
export function earlier(
  { from, environment }: Pick<Request, 'from' | 'environment'>,
  { environments, file, at }: ConfigFile,
): string {
  const before = from ?? environments[environments.indexOf(environment ?? '') - 1];
  if (before !== undefined && before !== environment && environments.includes(before)) return before;
  throw new SlipwayError(
    'CONFIG_INVALID',
    environments.length === 0
      ? `${file}: it has no environments to promote between`
      : `${at(['environments'])}: ${environment ?? 'no environment'} cannot be promoted to from ${before ?? 'nothing'}`,
    {
      hint: `Nothing was changed. ${environments.length === 0 ? 'Write them under `environments`, such as staging and production' : `Give "environment" and "from" two different environments of the file: ${environments.join(', ')}`}.`,
    },
  );
}

async function promotable(request: Request, file: ConfigFile, records: Records): Promise<string> {
  const from = earlier(request, file);
  const found = (await records.entries({ environment: from })).find(
    one => one.kind === 'verdict' && (request.version === undefined || one.version === request.version),
  );
  const which = request.version ?? 'what was deployed last';
  if (found?.state === 'verified') {
    log.info(`${found.version} was verified in ${from} at ${found.at}`);
    return found.version;
  }
  const seen =
    found === undefined
      ? 'no record of it there'
      : `the verdict of ${found.at} on ${found.version} is "${found.state}"`;
  throw new SlipwayError('NOT_VERIFIED', `${which} is not verified in ${from}: ${seen} (${records.place})`, {
    hint: `Nothing was changed. Deploy it to ${from} and let verify-health close its record, or name a version that was verified there.`,
  });
}

/** What the records say runs in the environment, with the deployments that brought it there. */
async function running(
  request: Request,
  { environment }: ConfigFile,
  records: Records,
): Promise<LoadedRecord | undefined> {
  if (request.mode !== 'verify' && request.mode !== 'audit') return undefined;
  const entries = await records.entries({ environment: environment ?? '' });
  const last = entries.find(one => one.kind === 'deployment' && isThere(one));
  if (last === undefined) {
    throw new SlipwayError(
      'NOTHING_DEPLOYED',
      `${records.place} has no deployment${environment === undefined ? '' : ` to ${environment}`}`,
      {
        hint: 'Nothing was changed. Deploy a release first, or give the input "release" its record.',
      },
    );
  }
  const loaded = await records.get(last.version, request.directory);
  const record = { ...loaded.record, deployments: [...last.deployments] };
  await saveRecord({ ...loaded, record });
  return { ...loaded, record };
}

/** Whether a deployment left its release serving somewhere. */
export const isThere = ({ deployments }: Entry): boolean =>
  deployments.some(one => ['healthy', 'unchanged'].includes(one.state));

function nowhere({ mode, version }: Request, { file }: ConfigFile): SlipwayError {
  return new SlipwayError(
    'RECORDS_MISSING',
    `${mode} of ${version ?? 'the last version'}: nothing says where releases are kept`,
    {
      hint: `Nothing was changed. Write \`records: oci\` (or folder, git) into ${file}, or give the input "release" the record.`,
    },
  );
}
