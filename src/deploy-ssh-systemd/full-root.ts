import type { Way } from '../core/host-agent/become.ts';
import { log } from '../core/log.ts';

/** One warning for all hosts where the agent is more than it needs to be. */
export function warnOfFullRoot(sessions: readonly { readonly place: string; readonly way: Way | undefined }[]): void {
  const wide = sessions.filter(({ way }) => way === 'sudo-shell').map(({ place }) => place);
  if (wide.length === 0) return;
  log.warning(
    `${wide.join(', ')}: sudo gives the agent a full root shell. To confine it to this service, run \`mode: bootstrap\` once, as root or with \`become-password\`.`,
  );
}
