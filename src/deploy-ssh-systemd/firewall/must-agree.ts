import { SlipwayError } from '../../core/errors.ts';
import type { Settings } from '../settings.ts';
import { openingsOf } from './openings.ts';

/**
 * Whether there is anything to open.
 *
 * @throws INPUT_INVALID
 */
export function firewallMustAgree({ firewall, listen }: Pick<Settings, 'firewall' | 'listen'>): void {
  if (firewall === undefined || firewall.defaultDeny || openingsOf(firewall, listen).length > 0) return;
  const why = listen === undefined ? 'there is no "listen"' : '"listen" is a loopback address';
  throw new SlipwayError('INPUT_INVALID', `input "firewall" opens no port: ${why}`, {
    hint: 'Nothing was changed. Give `listen`, or `ports` in "firewall"; hosts of a role without any have `firewall: none`.',
  });
}
