import type { ClusterCheckup, HostCheckup, Unseen } from '../../core/checkup.ts';
import type { ConfigFile } from '../../core/config-file.ts';
import { messageOf } from '../../core/errors.ts';
import { type Link, planChain } from '../chain.ts';
import { checkLinks } from '../check.ts';
import { runLinks } from '../links.ts';
import type { Request } from '../request.ts';
import type { Surroundings } from '../surroundings.ts';
import { type Finding, unknown } from './check.ts';
import { examine, registry } from './registry.ts';

/**
 * What is seen in the places that are deployed to. The actions know the way there, with its keys, jump hosts and rights, and
 * say what they saw (`mode: doctor`, output `checkup`); what it means is said here, so that all checks stand in one registry.
 */
export async function lookAtPlaces(
  file: ConfigFile,
  request: Request,
  around: Surroundings,
  only?: readonly string[],
): Promise<Finding[]> {
  const links = planChain(file, { mode: 'doctor', stored: true, deployment: request.deployment });
  const findings: Finding[] = [];
  for (const link of links)
    if (only === undefined || registry[familyOf(link)].some(({ id }) => only.includes(id)))
      findings.push(...(await lookAt(link, request, around)));
  return findings;
}

async function lookAt(link: Link, request: Request, around: Surroundings): Promise<Finding[]> {
  const family = familyOf(link);
  const nothing = (why: string) => unseen(family, link.title, why);
  try {
    await checkLinks([link], around.schemas, around.env, request.directory);
  } catch (error) {
    // the message begins with the place
    return nothing(messageOf(error).replace(`${link.title}: `, ''));
  }
  const { done } = await runLinks([link], { done: [], release: '' }, request, around);
  const seen = done[0]?.outputs['checkup'];
  if (seen === undefined) return nothing('the action failed: its own error stands above in the log');
  const places = JSON.parse(seen) as (HostCheckup | ClusterCheckup | Unseen)[];
  return places.flatMap(place => {
    if (place.kind === 'unseen') return unseen(family, place.place, place.why);
    return place.kind === 'host' ? examine('host', place) : examine('cluster', place);
  });
}

const familyOf = ({ action }: Link) => (action === 'deploy-ssh-systemd' ? 'host' : 'cluster');

/** Whatever there is to look at is not known; where nothing could be seen, that is not a pass. */
function unseen(family: 'host' | 'cluster', where: string, why: string): Finding[] {
  return registry[family].map(({ id }) => ({ check: id, family, ...unknown(where, why) }));
}
