import { resolve } from 'node:path';
import type { ConfigFile } from '../../core/config-file.ts';
import { readConfigFile } from '../../core/config-file.ts';
import { messageOf } from '../../core/errors.ts';
import { readPolicy } from '../policy/policy.ts';
import type { Request } from '../request.ts';
import { requirementsOf } from '../require.ts';
import { openStored } from '../stored.ts';
import type { Surroundings } from '../surroundings.ts';
import type { Finding } from './check.ts';
import { lookAtPlaces } from './places.ts';
import { examine } from './registry.ts';
import { type Repository, readRepository } from './repository/facts.ts';

export interface Report {
  readonly findings: readonly Finding[];
  /** Names of the checks that the environment requires. */
  readonly required: readonly string[];
}

/**
 * Looks at everything that the production checklist is about, and changes nothing.
 *
 * @param only these checks; a place of which none is about is not asked
 */
export async function doctor(request: Request, around: Surroundings, only?: readonly string[]): Promise<Report> {
  const file = await readConfigFile(resolve(request.directory, request.config), request.environment);
  const { requirements } = await readPolicy(file, around.env, around.signal);
  const required = [...requirementsOf(file), ...requirements].flatMap(one => ('name' in one ? [one.name] : []));
  const deeds = await deedsOf(file, request, around);
  const repository = await readRepository(file, request.directory, deeds, Date.now());
  const places = await lookAtPlaces(file, request, around, only);
  return { findings: [...examine('repository', repository), ...places], required };
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
