import { isMap } from '../../core/is-map.ts';
import type { Engine } from '../container/engine.ts';
import type { Project } from './project.ts';

/** Keys of a service, with what the hosts do not do. */
const keys: Readonly<Record<string, string>> = {
  extends: 'write the service out',
  env_file: 'give the values by `environment` and `secret-environment`',
  profiles: 'every service of the file is started',
  cgroup_parent: 'the control group is the unit’s',
};

/** Limits of one service, which podman cannot keep, as all of them are in the unit's control group. */
const limits: Readonly<Record<string, string>> = {
  mem_limit: 'the limit is of the whole project, `memory-max`',
  memswap_limit: 'the limit is of the whole project, `memory-max`',
  mem_reservation: 'the limit is of the whole project, `memory-max`',
  cpus: 'the limit is of the whole project, `cpu-quota`',
  cpu_shares: 'the limit is of the whole project, `cpu-quota`',
  cpu_quota: 'the limit is of the whole project, `cpu-quota`',
  pids_limit: 'the limit is of the whole project, `tasks-max`',
};

/** What of a project a host would do otherwise than the file says; empty when nothing is. Pure. */
export function whatNotReleased({ document, services }: Project, engine: Engine | undefined): string[] {
  const refused = engine === 'docker' ? keys : { ...keys, ...limits };
  const found: string[] = [];
  if ('include' in document) found.push('it includes other files: write them into one');
  for (const kind of ['secrets', 'configs'] as const)
    for (const [name, one] of Object.entries(isMap(document[kind]) ? document[kind] : {}))
      if (isMap(one) && isRelative(one['file'])) found.push(`${kind} ${name} is a file beside it, ${one['file']}`);
  for (const [name, service] of Object.entries(services)) {
    for (const [key, instead] of Object.entries(refused))
      if (key in service) found.push(`the service ${name} has \`${key}\`: ${instead}`);
    const { deploy, volumes } = service;
    if (engine !== 'docker' && isMap(deploy) && isMap(deploy['resources']) && 'limits' in deploy['resources'])
      found.push(
        `the service ${name} has limits in \`deploy\`: those of the whole project are \`memory-max\` and \`cpu-quota\``,
      );
    for (const volume of Array.isArray(volumes) ? volumes : []) {
      const source = isMap(volume) ? volume['source'] : String(volume).split(':')[0];
      if (isRelative(source))
        found.push(
          `the service ${name} mounts ${source}, which is beside the file: name a folder of the host, or a volume`,
        );
    }
  }
  return found;
}

function isRelative(path: unknown): boolean {
  return typeof path === 'string' && /^(\.|~)/.test(path);
}
