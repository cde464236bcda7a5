import type { Settings } from '../settings.ts';

/** Inputs that were given and are of services that stay up. Pure. */
export function whatNoJobHas({ listen, checks, type, way, restartMethod, unit, loadBalancer }: Settings): string[] {
  const given = {
    listen: listen !== undefined,
    // those of `listen` are made from it
    'health-checks': listen === undefined && checks.length > 0,
    'type: notify': type === 'notify',
    'reload-signal': way.startsWith('reload'),
    [`restart-method: ${restartMethod}`]: restartMethod !== 'restart',
    watchdog: unit.watchdog !== undefined,
    'load-balancer': loadBalancer !== undefined,
  };
  return Object.entries(given).flatMap(([name, is]) => (is ? [name] : []));
}
