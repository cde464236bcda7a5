import type { Obstacle } from '../preflight.ts';
import type { Layout, Settings } from '../settings.ts';
import type { UnitSettings } from '../unit-file.ts';
import { confined } from './engine.ts';

/** The client, with the one daemon that it may speak to: no variable of a release leads it to another one. */
export function dockerProgram(layout: Layout): string {
  return `${layout === 'dsm' ? '/usr/local/bin' : '/usr/bin'}/docker --host=unix:///var/run/docker.sock`;
}

/**
 * How docker keeps a container within bounds: it has a control group of docker's, so the limits are docker's, too. What it
 * writes goes to the client, and so to the journal. Pure.
 */
export function dockerArguments({
  memoryMax,
  cpuQuota,
  tasksMax,
  limitNofile,
}: Pick<UnitSettings, 'memoryMax' | 'cpuQuota' | 'tasksMax' | 'limitNofile'>): string[] {
  return [
    '--rm',
    ...confined,
    // where podman has them by itself
    ...['/tmp', '/run', '/var/tmp'].map(folder => `--tmpfs=${folder}`),
    '--log-driver=none',
    ...(memoryMax === undefined ? [] : [`--memory=${memoryMax}`]),
    ...(cpuQuota === undefined ? [] : [`--cpus=${cpuQuota / 100}`]),
    ...(tasksMax === undefined ? [] : [`--pids-limit=${tasksMax}`]),
    ...(limitNofile === undefined ? [] : [`--ulimit=nofile=${limitNofile}:${limitNofile}`]),
  ];
}

/** What of the inputs docker cannot do. Pure. */
export function dockerCannot({ container, type, listen, unit, ports }: Settings): Obstacle[] {
  const limits = { 'memory-max': unit.memoryMax, 'cpu-quota': unit.cpuQuota, 'tasks-max': unit.tasksMax };
  const given =
    container?.compose === undefined ? [] : Object.entries(limits).filter(([, value]) => value !== undefined);
  return [
    ...(type === 'notify'
      ? [
          {
            code: 'ENGINE_CANNOT',
            seen: 'a container of docker cannot tell systemd that it is ready',
            hint: 'Leave `type` out: `health-checks` say when it is.',
          },
        ]
      : []),
    ...(ports === undefined && listen !== undefined && listen.port < 1024 && container?.compose === undefined
      ? [
          {
            code: 'ENGINE_CANNOT',
            seen: `docker lets nobody but root listen on port ${listen.port} of the host`,
            hint: 'Take a port from 1024 on, with `proxy` in front, or podman.',
          },
        ]
      : []),
    ...given.map(([name]) => ({
      code: 'ENGINE_CANNOT',
      seen: `docker has no limit for all containers of a project together, as \`${name}\` is`,
      hint: 'Give `container-engine: docker`, and write limits into the compose file, a service each.',
    })),
  ];
}
