import type { Context } from '../core/action.ts';
import type { HostCheckup, Unseen } from '../core/checkup.ts';
import { log } from '../core/log.ts';
import { onAll } from './fleet.ts';
import { previousOf } from './history.ts';
import type { HostSession } from './host-session.ts';
import type { definition } from './inputs.ts';
import type { Settings } from './settings.ts';

const asked = [
  'now',
  'sshd',
  'listeners',
  'limits',
  'exposure',
  'wall',
  'big-logs',
  'unrotated',
  'backup-to',
  'backups',
  'site',
  'certificate',
  'mounts',
  'exports',
] as const;

/** `mode: doctor`: what the production checklist looks at on each host. Judges nothing, and a host that is not reached is told. */
export async function checkup(
  sessions: readonly HostSession[],
  { output }: Context<typeof definition.inputs>,
): Promise<void> {
  const { results, failed } = await onAll(sessions, look);
  const unseen = failed.map(({ host: { place }, error }): Unseen => ({ kind: 'unseen', place, why: error.message }));
  for (const { place } of results) log.info(`${place}: looked at`);
  for (const { place, why } of unseen) log.warning(`${place} could not be looked at: ${why}`);
  output('checkup', JSON.stringify([...results, ...unseen]));
}

async function look(session: HostSession): Promise<HostCheckup> {
  const { settings, place, host } = session;
  const facts = await session.facts();
  const answer = await session.ask('checkup', settings.nfsRoot === undefined ? [] : [settings.nfsRoot]);
  return {
    kind: 'host',
    place,
    user: host.user,
    way: session.way ?? '',
    layout: settings.layout,
    serves: facts.current,
    previous: previousOf(facts.history, facts.current, facts.releases),
    releases: facts.releases.length,
    variables: facts.variables,
    ports: portsOf(settings),
    said: Object.fromEntries(
      asked.filter(name => answer.all(name).length > 0).map(name => [name, answer.all(name).join('\n')]),
    ),
  };
}

/** What may listen there: the program, the site in front of it, and what the firewall is told to let in. */
function portsOf({ listen, ports, proxy, firewall }: Settings): number[] {
  return [
    ...(listen === undefined ? [] : [listen.port]),
    ...(ports ?? []),
    ...(proxy === undefined ? [] : [proxy.http, proxy.https]),
    ...(firewall?.ports ?? []).map(({ port }) => port),
  ];
}
