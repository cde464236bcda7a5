import type { Settings } from '../settings.ts';

/** The inputs among those given that a container cannot have; empty when it is none. Pure. */
export function whatNoContainerHas(settings: Settings): string[] {
  const { container } = settings;
  if (container === undefined) return [];
  const { restartMethod, way, unit, files, timer, layout, logs } = settings;
  const given = {
    'restart-method': restartMethod !== 'restart',
    'reload-signal': restartMethod === 'restart' && way !== 'restart',
    watchdog: unit.watchdog !== undefined,
    files: files.length > 0,
    timer: timer !== undefined,
    // nobody in a container writes to a folder of the host, nor gets the signal of its unit
    'rotate in logs': logs?.rotate !== undefined,
    // what it writes bears the names of its containers
    'syslog in logs': logs?.syslog !== undefined && container.compose !== undefined,
    // on a NAS docker runs them, but no compose file
    [`layout: ${layout}`]: layout !== 'systemd' && !(layout === 'dsm' && container.compose === undefined),
  };
  return Object.entries(given).flatMap(([name, is]) => (is ? [name] : []));
}
