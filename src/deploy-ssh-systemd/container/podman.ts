import type { Obstacle } from '../preflight.ts';
import type { Settings } from '../settings.ts';

/** What of the inputs podman cannot do: its monitor writes to the journal, and not the unit. Pure. */
export function podmanCannot({ logs }: Pick<Settings, 'logs'>): Obstacle[] {
  if (logs?.syslog === undefined) return [];
  return [
    {
      code: 'ENGINE_CANNOT',
      seen: 'what a container of podman writes has neither the name of the service nor a severity of its own in the journal: `syslog` in `logs` would find nothing',
      hint: 'Leave it out, or run the container by docker.',
    },
  ];
}
