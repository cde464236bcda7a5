import { SlipwayError } from '../../core/errors.ts';
import type { Settings } from '../settings.ts';

/**
 * Whether the program can be tried as it is asked for.
 *
 * @throws INPUT_INVALID
 */
export function smokeMustAgree(settings: Settings): void {
  const { smoke } = settings;
  if (smoke === undefined) return;
  if (smoke.check !== undefined || smoke.start !== undefined)
    refuse(['check', 'start'], {
      [`layout: ${settings.layout}`]: settings.layout !== 'systemd',
      'runtime: container or compose': settings.container !== undefined,
    });
  if (smoke.start === undefined) return;
  refuse(['start'], {
    'timer: a job runs by itself, with `run: once` before it counts': settings.timer !== undefined,
    [`restart-method: ${settings.restartMethod}`]: settings.restartMethod !== 'restart',
    'strategy: blue-green, which starts it beside the one that serves anyway': settings.pace.strategy === 'blue-green',
  });
  const { start, port, timeout = settings.healthyDeadline } = smoke;
  if (start >= timeout)
    throw invalid('"start" of "smoke" does not fit into its timeout', 'Give a longer `timeout`: it includes `start`.');
  if (port !== undefined && settings.listen === undefined)
    throw invalid('"smoke" has a port, and "listen" is missing', 'Say which port the `health-checks` ask otherwise.');
  if (port !== undefined && port === settings.listen?.port)
    throw invalid(`"smoke" has the port ${port}, which is the one that serves`, 'Give another one.');
}

function refuse(what: readonly string[], given: Readonly<Record<string, boolean>>): void {
  const found = Object.entries(given).flatMap(([name, is]) => (is ? [name] : []));
  if (found.length === 0) return;
  throw invalid(`"smoke" has no ${what.join(' and ')} with ${found.join(', ')}`, 'Leave it out; `reach` may stay.');
}

function invalid(message: string, hint: string): SlipwayError {
  return new SlipwayError('INPUT_INVALID', message, { hint: `Nothing was changed. ${hint}` });
}
