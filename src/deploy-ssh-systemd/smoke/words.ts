import { formatDuration } from '../../core/units.ts';
import type { Smoke } from './values.ts';

/** What is tried, for a plan. Pure. */
export function smokeWords({ check, start, port, state, reach }: Smoke): string {
  const where = port === undefined ? 'in a network of its own' : `on port ${port}`;
  const parts = [
    ...(reach.length === 0 ? [] : [`${reach.map(({ name }) => name).join(', ')} must be reachable`]),
    ...(check === undefined ? [] : [`the program is run with ${JSON.stringify(check)}`]),
    ...(start === undefined ? [] : [`it is started ${where} for ${formatDuration(start)}`]),
  ];
  return `${parts.join(', ')}${state === 'shared' ? ', with the folders of the service' : ''}`;
}
