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
  const { compose } = container;
  const answer = await session.ask('containers', compose === undefined ? [] : [compose.project, ...compose.containers]);
  const [runtime, confined] = [answer.text('runtime'), answer.text('confined') === 'yes'];
  const found = judgeRuntime({ runtime, confined, ownServices: facts.user !== undefined });
  if (found.length > 0 || compose === undefined) return found;
  return judgeProject(compose.project, answer.text('compose') === 'yes', answer.all('foreign'));
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

/**
 * Pure.
 *
 * @param foreign containers of the project, or of its containers' names, that are not of this service
 */
export function judgeProject(project: string, hasCompose: boolean, foreign: readonly string[]): Obstacle[] {
  if (!hasCompose)
    return [
      {
        code: 'PROGRAMS_MISSING',
        seen: 'podman-compose is missing (/usr/bin/podman-compose)',
        hint: 'Install it on the host: apt-get install podman-compose.',
      },
    ];
  if (foreign.length > 0)
    return [
      {
        code: 'PROJECT_FOREIGN',
        seen: `the project ${project} has containers there that are not of this service: ${foreign.join(', ')}`,
        hint: 'Give the compose file another `name`, or take that project down (podman-compose down): its volumes stay.',
      },
    ];
  return [];
}
