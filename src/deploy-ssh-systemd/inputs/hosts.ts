import { sshInputs } from '../../core/ssh/inputs.ts';
import { duration } from '../../core/values.ts';
import { hosts } from '../hosts.ts';
import { nfsRoot } from '../nfs/layout.ts';
import { roleKeys, roles } from '../role-settings.ts';
import { limit } from '../selector.ts';
import { agentUser, become, layout, oneLine } from '../values.ts';

/** Where, how it is reached, and who is root there. */
export const hostInputs = {
  hosts: {
    description:
      'The hosts, `user@host:port`, one a line; port 22 where none is written. Or a YAML list of maps: `host`, `user`, `port`, `fingerprints`, `jump-hosts`, `roles`, `labels`, `become`, `layout`, `service-directory`. One with the role `lb` is a load balancer of the others, and not deployed to.',
    value: hosts,
    required: true,
  },
  limit: {
    description:
      'Only these hosts: names, `role=NAME`, `LABEL=VALUE`, separated by commas or line ends. Of one kind any fits, of several kinds all must.',
    value: limit,
    default: '',
  },
  roles: {
    description: `What hosts of a role have instead of the input of the same name, \`ROLE: {NAME: value}\`: ${roleKeys.map(key => `\`${key}\``).join(', ')}. \`environment\` is added; \`listen: none\`, \`load-balancer: none\` and \`proxy: none\` are without.`,
    value: roles,
    default: '{}',
  },
  ...sshInputs,
  'connect-timeout': {
    description:
      'How long to try to reach a host and its jump hosts: what is refused, reset or timed out is tried again until then; a wrong key is not.',
    value: duration,
    default: '30s',
  },
  become: {
    description:
      '`agent` is root for this service only, by `mode: bootstrap`; `sudo-shell` is a full root shell; `none` is for root. `auto`: `none` for root, `agent` where the host has it, else `sudo-shell`, with a warning.',
    value: become,
    default: 'auto',
  },
  'become-password': {
    description: 'Password for sudo, where `sudo-shell` or `bootstrap` needs one.',
    value: oneLine,
    secret: true,
  },
  'agent-user': {
    description: 'Whom `bootstrap` allows to run the agent. Default: the user who connects.',
    value: agentUser,
  },
  layout: {
    description:
      '`dsm` for a Synology NAS: a script in /usr/local/etc/rc.d and a watchdog in place of a unit, releases on /volume1, `run-as` a user of the NAS. `nfs`: several hosts have their releases from one share, `nfs-root`; the large files are uploaded once for all of them. May be given for single hosts and roles, too.',
    value: layout,
    default: 'systemd',
  },
  'nfs-root': {
    description:
      'Where the hosts have mounted the share, with `layout: nfs`. In its folder SERVICE lie `releases`, `shared/conf` and `logs/HOST`.',
    value: nfsRoot,
  },
} as const;
