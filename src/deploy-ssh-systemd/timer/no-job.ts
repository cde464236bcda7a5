import type { Settings } from '../settings.ts';

/** Inputs that were given and are of services that stay up. Pure. */
export function whatNoJobHas(settings: Settings): string[] {
  const { listen, checks, type, way, restartMethod, unit, proxy, balancedSite, loadBalancer } = settings;
  const given = {
    listen: listen !== undefined,
    // those of `listen` are made from it
    'health-checks': listen === undefined && checks.length > 0,
    'type: notify': type === 'notify',
    'reload-signal': way.startsWith('reload'),
    [`restart-method: ${restartMethod}`]: restartMethod !== 'restart',
    watchdog: unit.watchdog !== undefined,
    proxy: (proxy ?? balancedSite) !== undefined,
    'load-balancer': loadBalancer !== undefined && balancedSite === undefined,
  };
  return Object.entries(given).flatMap(([name, is]) => (is ? [name] : []));
}
