import type { Way } from '../core/host-agent/become.ts';
import { log } from '../core/log.ts';
import type { Settings } from './settings.ts';

interface Reached {
  readonly place: string;
  readonly way: Way | undefined;
  readonly settings: Pick<Settings, 'layout'>;
}

/** One warning for all hosts where the agent is more than it needs to be; a NAS can have no other. */
export function warnOfFullRoot(sessions: readonly Reached[]): void {
  const wide = sessions
    .filter(({ way, settings }) => way === 'sudo-shell' && settings.layout === 'systemd')
    .map(({ place }) => place);
  if (wide.length === 0) return;
  log.warning(
    `${wide.join(', ')}: sudo gives the agent a full root shell. To confine it to this service, run \`mode: bootstrap\` once, as root or with \`become-password\`.`,
  );
}
