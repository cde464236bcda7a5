import { type Check, parseChecks } from '../../core/health/index.ts';
import { askingPort, portAsked } from '../local-check.ts';
import type { Settings } from '../settings.ts';
import { type Colour, nextColour, type Ports, portOf } from './ports.ts';

/**
 * The checks of a release: all of them where it is one unit. Of two instances those of a port ask the one that is tried, and
 * there is always one of these; the others, which go through the proxy, count only when that leads to it. A release may be
 * of another kind than the inputs, when it is gone back to: what is of the inputs' kind does not ask for it then. Pure.
 */
export function checksFor(
  { checks, ports: given }: Pick<Settings, 'checks' | 'ports'>,
  ports: Ports | undefined,
  serving: Colour | '',
): { readonly before: readonly Check[]; readonly after: readonly Check[] } {
  const isOwn = (check: Check) => {
    const port = portAsked(check);
    return port !== undefined && [...(given ?? []), ...(ports ?? [])].includes(port);
  };
  const others = checks.filter(check => !isOwn(check));
  if (ports === undefined) return { before: others, after: others };
  const port = portOf(ports, nextColour(serving));
  const own = checks.filter(isOwn).map(check => askingPort(check, port));
  const before = own.length > 0 ? own : parseChecks(`tcp 127.0.0.1:${port}`);
  return { before, after: given === undefined ? before : [...before, ...others] };
}
