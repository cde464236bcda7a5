import { SlipwayError } from '../../core/errors.ts';
import type { Settings } from '../settings.ts';

/**
 * Whether the rules and the service go together: rsyslog writes as root, and only beside the service's own folder.
 *
 * @throws INPUT_INVALID
 */
export function logsMustAgree({ logs, service }: Pick<Settings, 'logs' | 'service'>): void {
  const to = logs?.syslog?.to;
  if (to === undefined || !('file' in to)) return;
  const own = `/var/log/${service}`;
  if (to.file.startsWith(`${own}.`) || to.file.startsWith(`${own}-`)) return;
  throw new SlipwayError('INPUT_INVALID', `input "logs": ${to.file} could be a file of others`, {
    hint: `Nothing was changed. Give a name that begins with the service’s: ${own}.log or ${own}-errors.log.`,
  });
}
