import { shellWord } from '../quote.ts';
import type { Settings } from '../settings.ts';

type Given = Pick<Settings, 'service' | 'directory' | 'args' | 'runAs' | 'unit' | 'timer'>;

/** /usr/local/etc/rc.d/SERVICE.sh, which DSM calls at boot and at shutdown. The same for all releases of a service. Pure. */
export function rcScript({ service, directory }: Pick<Given, 'service' | 'directory'>): string {
  return lines(
    '#!/bin/sh',
    '# Written by Slipway; a change made here is overwritten by the next deployment.',
    `# X-Slipway=${directory}`,
    'case "${1:-}" in',
    `start|stop|restart|status) exec /bin/sh ${directory}/state/agent.sh "$1" ${directory} ${service} ;;`,
    '*) echo "usage: $0 start|stop|restart|status" >&2; exit 2 ;;',
    'esac',
  );
}

/**
 * What the service's user runs to become the program: it says its process id on descriptor 3 and reads the environment,
 * which only root may open, from 4. The watchdog reads the lines `# NAME=VALUE`. Pure.
 */
export function launchScript(given: Given, hasFiles: boolean): string {
  const { service, directory, args, runAs, unit, timer } = given;
  return lines(
    '# Written by Slipway: how the watchdog starts the program.',
    `# user=${runAs}`,
    `# restart=${timer === undefined ? unit.restart : 'no'}`,
    ...(unit.limitNofile === undefined ? [] : [`# nofile=${unit.limitNofile}`]),
    ...(timer?.timeout === undefined ? [] : [`# timeout=${Math.ceil(timer.timeout / 1000)}`]),
    ...(timer === undefined || timer.jitter < 1000 ? [] : [`# jitter=${Math.floor(timer.jitter / 1000)}`]),
    `cd ${hasFiles ? `${directory}/current/files` : '/'} || exit 200`,
    'set -a; eval "$(cat <&4)"; set +a; exec 4<&-',
    'echo $$ >&3; exec 3>&-',
    ['exec', `${directory}/current/${service}`, ...args.map(shellWord)].join(' '),
  );
}

export function lines(...all: string[]): string {
  return `${all.join('\n')}\n`;
}
