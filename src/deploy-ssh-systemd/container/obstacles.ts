import type { HostFacts } from '../facts.ts';
import type { HostSession } from '../host-session.ts';
import type { Obstacle } from '../preflight.ts';
import type { Settings } from '../settings.ts';

/** What keeps the host from running the release's container; nothing is changed. */
export async function containerObstacles(
  session: HostSession,
  facts: Pick<HostFacts, 'user'>,
  { container }: Pick<Settings, 'container'>,
): Promise<Obstacle[]> {
  if (container === undefined) return [];
  const answer = await session.ask('containers', []);
  const [runtime, confined] = [answer.text('runtime'), answer.text('confined') === 'yes'];
  return judgeRuntime({ runtime, confined, ownServices: facts.user !== undefined });
}

/**
 * Pure.
 *
 * @param runtime of podman: `crun`; empty where there is no podman
 */
export function judgeRuntime({
  runtime,
  confined,
  ownServices,
}: {
  readonly runtime: string;
  readonly confined: boolean;
  readonly ownServices: boolean;
}): Obstacle[] {
  if (ownServices || confined)
    return [
      {
        code: 'HOST_REFUSED',
        seen: `containers are started by root, and ${confined ? 'an installed agent starts programs as their own user only' : 'this is a service of the user’s own'}`,
        hint: 'Connect as root, or give `become: sudo-shell`.',
      },
    ];
  if (runtime === '')
    return [
      {
        code: 'PROGRAMS_MISSING',
        seen: 'podman is missing (/usr/bin/podman)',
        hint: 'Install it on the host: apt-get install podman crun.',
      },
    ];
  if (runtime !== 'crun')
    return [
      {
        code: 'PROGRAMS_MISSING',
        seen: `podman runs containers by ${runtime}, and only crun leaves them in the control group of the unit, where its limits hold`,
        hint: 'Install crun on the host.',
      },
    ];
  return [];
}
