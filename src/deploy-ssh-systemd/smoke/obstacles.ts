import type { HostFacts } from '../facts.ts';
import type { Obstacle } from '../preflight.ts';
import type { Smoke } from './values.ts';

/** Why a host cannot try a release before the switch. Pure. */
export function smokeObstacles(
  { user, listening }: Pick<HostFacts, 'user' | 'listening'>,
  smoke: Smoke | undefined,
): Obstacle[] {
  if (smoke === undefined || (smoke.check === undefined && smoke.start === undefined)) return [];
  if (user !== undefined)
    return [
      {
        code: 'HOST_REFUSED',
        seen: `services of ${user.name} cannot be tried before the switch: that takes root`,
        hint: 'Leave `check` and `start` of "smoke" out, or give another `become`.',
      },
    ];
  if (smoke.port === undefined || !listening.includes(smoke.port)) return [];
  return [
    {
      code: 'PORT_IN_USE',
      seen: `port ${smoke.port}, on which the release is to be tried, is in use`,
      hint: 'Give "smoke" another port.',
    },
  ];
}
