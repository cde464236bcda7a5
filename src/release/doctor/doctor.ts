import { resolve } from 'node:path';
import type { ConfigFile } from '../../core/config-file.ts';
import { readConfigFile } from '../../core/config-file.ts';
import { messageOf } from '../../core/errors.ts';
import type { Request } from '../request.ts';
import { requirementsOf } from '../require.ts';
import { openStored } from '../stored.ts';
import type { Surroundings } from '../surroundings.ts';
import type { Finding } from './check.ts';
import { examine } from './registry.ts';
import { type Repository, readRepository } from './repository/facts.ts';

export interface Report {
  readonly findings: readonly Finding[];
  /** Names of the checks that the environment requires. */
  readonly required: readonly string[];
}

/** Looks at everything that the production checklist is about, and changes nothing. */
export async function doctor(request: Request, around: Surroundings): Promise<Report> {
  const file = await readConfigFile(resolve(request.directory, request.config), request.environment);
  const required = requirementsOf(file).flatMap(one => ('name' in one ? [one.name] : []));
  return { findings: await look(file, request, around), required };
}

/** Every check at every place, for a file that is read. */
export async function look(file: ConfigFile, request: Request, around: Surroundings): Promise<Finding[]> {
  const deeds = await deedsOf(file, request, around);
  return examine('repository', await readRepository(file, request.directory, deeds, Date.now()));
}

/** What the records say was done in the environment; or why they do not say it. */
async function deedsOf(file: ConfigFile, request: Request, around: Surroundings): Promise<Repository['deeds']> {
  try {
    using records = await openStored(request, file, around);
    if (records === undefined) return 'nothing says where releases are kept';
    return await records.entries(file.environment === undefined ? {} : { environment: file.environment });
  } catch (error) {
    return messageOf(error);
  }
}

/** What is required and not seen to be so: what could not be looked at is not met either. */
export function unmet({ findings, required }: Report): Finding[] {
  return findings.filter(({ check, state }) => state !== 'pass' && required.includes(check));
}
