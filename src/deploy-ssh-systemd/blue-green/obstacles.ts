import type { HostFacts } from '../facts.ts';
import type { Obstacle } from '../preflight.ts';
import { nextColour, type Ports, portOf } from './ports.ts';

/** Whether somebody has the port of the instance that is to be started. Pure. */
export function portObstacles(facts: HostFacts, ports: Ports | undefined): Obstacle[] {
  if (ports === undefined) return [];
  const colour = nextColour(facts.colour);
  const port = portOf(ports, colour);
  // one that was never confirmed, and one that is still ending, will have let it go
  const isOurs =
    facts.pending.length > 0 || facts.resting?.active === 'deactivating' || facts.resting?.active === 'active';
  if (isOurs || !facts.listening.includes(port)) return [];
  return [
    {
      code: 'PORT_IN_USE',
      seen: `port ${port}, of ${colour}, is in use by something else`,
      hint: `See by what: ss -ltnp 'sport = :${port}'. End that one, or give other \`ports\`.`,
    },
  ];
}
