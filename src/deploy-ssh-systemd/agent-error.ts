/** What went wrong on the host, by the agent's code: the words, and what to do. */
const refusals: Record<string, (detail: string) => [string, string]> = {
  NAME_REFUSED: detail => [
    `the agent refused the name ${JSON.stringify(detail)}`,
    'Names hold letters, digits, dot, dash and underscore only.',
  ],
  SERVICE_FORBIDDEN: detail => [
    `the agent refused: ${detail}`,
    'Nothing was changed. Correct `service` and `service-directory`; or let an administrator run `mode: bootstrap` with them.',
  ],
  UNIT_FORBIDDEN: detail => [
    `the agent refused the unit: ${detail.split('\n').slice(0, 5).join('; ')}`,
    'Nothing was switched. Leave these out; `become: sudo-shell`, as full root, takes any unit.',
  ],
  SYSTEM_FORBIDDEN: detail => [
    `the agent refused: ${detail}`,
    'Nothing was switched. Let an administrator run `mode: bootstrap` with the same inputs: it lets exactly these files.',
  ],
  SYSTEM_REFUSED: detail => [
    `a program of the host does not take its file of the release: ${detail.split('\n').join('; ')}`,
    'Nothing was switched. Correct it there or in the inputs.',
  ],
  CERTBOT_FAILED: detail => [
    `certbot got no certificate: ${detail.split('\n').join('; ')}`,
    'Nothing was switched. The authority must reach the names on the port of `http`, 80, of this host: look at DNS and firewall.',
  ],
  IMAGE_REFUSED: detail => [
    `the host cannot pull the image: ${detail.split('\n').at(-1)}`,
    'Nothing was switched. Look at the network, the login and the registries.conf (docker: daemon.json) of the host.',
  ],
  LINGER_DENIED: detail => [
    `the services of ${detail} would end with its last login: it may not linger`,
    `Nothing was switched. Let an administrator run \`loginctl enable-linger ${detail}\` on the host, once.`,
  ],
  BOOTSTRAP_REFUSED: detail => [
    `this host cannot be bootstrapped: ${detail}`,
    'Nothing was changed there. Correct it on the host or in the inputs.',
  ],
  BOOTSTRAP_FAILED: detail => [`bootstrap failed: ${detail}`, 'Run it again when that is mended: it begins anew.'],
  LOCKED: detail => [
    `another deployment of this service is under way: ${detail || 'unknown'}`,
    'Wait for it, or give a longer lock-wait.',
  ],
  STATE_CHANGED: detail => [`${detail} is not as it was looked at before`, 'Run again.'],
  DIRECTORY_FOREIGN: detail => [
    `${detail} exists and is not a service directory of Slipway`,
    'Give another service-directory, or empty this one.',
  ],
  DIRECTORY_FAILED: detail => [
    `${detail} cannot be made or written`,
    'Look at the file system: read-only, full, or a file in the way.',
  ],
  UPLOAD_FAILED: detail => [`the upload failed: ${detail}`, 'Look at the free space on the host: df -h; df -i.'],
  UPLOAD_DAMAGED: detail => [`what was uploaded arrived damaged: ${detail}`, 'Run again.'],
  USER_FAILED: detail => [
    `the system user ${detail} cannot be made`,
    'Nothing was switched. Make it on the host, or give another run-as.',
  ],
  RELEASE_FAILED: detail => [
    `the release folder ${detail} cannot be written`,
    'Look at the free space on the host: df -h; df -i.',
  ],
  RELEASE_MISSING: detail => [`the release ${detail} is not on the host`, 'Look at `mode: status` for those that are.'],
  UNIT_REFUSED: detail => [
    `systemd would not load the unit: ${detail.split('\n').join('; ')}`,
    'Nothing was switched. Look at the inputs, and at the drop-ins of the unit on the host: systemctl cat.',
  ],
  CALENDAR_REFUSED: detail => [
    `systemd does not understand the calendar of the timer: ${detail.split('\n').join('; ')}`,
    'Nothing was changed. Correct the input "timer": `systemd-analyze calendar` says what it makes of one, systemd.time(7) how it is written.',
  ],
  RUN_FAILED: detail => [`the run could not be started: ${detail}`, 'Look at the host’s journal.'],
  UNIT_FOREIGN: detail => [`${detail} is not of Slipway`, 'Nothing was changed. Correct the input "service".'],
  SWITCH_FAILED: detail => [
    `the switch could not be started: ${detail}`,
    'Nothing was switched; look at the host’s journal.',
  ],
  TRAFFIC_FAILED: detail => [
    `the requests could not be led to the new instance: ${detail.split('\n').join('; ')}`,
    'Look at nginx on the host: nginx -t, journalctl -u nginx.',
  ],
  NOT_STEADY: detail => [
    `it was up and fell before it was confirmed: ${detail.split('\n').join(', ')}`,
    'Look at the journal of the service.',
  ],
  BACKUP_FAILED: detail => [
    `the backup before the switch failed: ${detail.split('\n').join('; ')}`,
    'Nothing was switched, and no backup of before was removed. Mend it, or give the input "backup" more `timeout`.',
  ],
  SMOKE_REFUSED: detail => [
    `the release cannot be tried before the switch: ${detail.split('\n').slice(0, 5).join('; ')}`,
    'Nothing was switched. Correct the input "smoke", or leave it out.',
  ],
  CONFIRM_ANEW: () => [
    'the release has a firewall that closes what was open: only a new connection may confirm it',
    'Connect anew.',
  ],
  UPSTREAM_MISSING: detail => [`there is no ${detail}`, 'Look at the input "load-balancer".'],
  UPSTREAM_LAST: detail => [
    `no other server would be up without ${detail}`,
    'Bring another one in first, or change the hosts without load-balancer.',
  ],
  UPSTREAM_TAKEN: detail => [
    `without ${detail} no server would be up: a deployment has the others out`,
    'Run again when it is over, or give a longer lock-wait.',
  ],
  UPSTREAM_BUSY: detail => [`somebody else is changing ${detail}`, 'Run again.'],
  UPSTREAM_FAILED: detail => [
    `nginx does not take the change: ${detail}`,
    'Its configuration is as before. Look at nginx -t on its host.',
  ],
  TIMER_FAILED: detail => [
    `there can be no timer that brings a server in again: ${detail}`,
    'Nothing was taken out. Look at the balancer’s host.',
  ],
  UPSTREAM_FORBIDDEN: detail => [
    `an installed agent does not write ${detail}`,
    'Give the balancer’s host `become: sudo-shell`, or let load-balancer run a command.',
  ],
  SHARE_READ_ONLY: detail => [
    `the share cannot be written by who connects: ${detail}`,
    'Nothing was changed. Export it read-write and without all_squash, and let this user write in it.',
  ],
  ENGINE_HANGS: detail => [
    `what runs the containers does not answer: the daemon of ${detail} was asked for 10 s`,
    'Nothing was changed, and what serves was not touched. See `systemctl status docker` and its journal on the host.',
  ],
  ENGINE_FAILED: detail => [
    `${detail} does not say which containers there are`,
    'Nothing was changed. See `docker ps --all`, or `podman ps --all`, as root on the host.',
  ],
  SHARE_HANGS: detail => [
    `the share does not answer: ${detail}`,
    'Nothing was switched. Look at its server and at the mount; what waits for it goes on when it is back.',
  ],
  SHARE_SQUASHED: detail => [
    `the share takes who connects for somebody else: ${detail}`,
    'Nothing was changed. Export it without all_squash, and connect as a user that is not root and has the same number on all hosts.',
  ],
  SHARE_FAILED: detail => [
    `the share cannot be written: ${detail}`,
    'Look at its free space, and at who may write there.',
  ],
  SHARE_DAMAGED: detail => [
    `what lies on the share is not what was released: ${detail}`,
    'Nothing was switched. Remove it there when no host runs it, with its files in blobs, and run again.',
  ],
  SHARE_STALE: detail => [
    `the release on the share is not seen as it was released: ${detail}`,
    'Nothing was switched. Look at the mount, at who may read there, and at its attribute cache (acdirmax).',
  ],
  LEASED: detail => [
    `another run writes on the share: ${detail}`,
    'Wait for it, or give a longer lock-wait. The lease of a writer that died ends 120 s after it was last renewed.',
  ],
  LEASE_LOST: detail => [
    `another run has taken over the share: ${detail || 'its lease is gone'}`,
    'Nothing was switched. Run again.',
  ],
  CONFIRM_LOST: detail => [
    `the release was not confirmed in time; the host took it back: ${detail}`,
    'Give a longer healthy-deadline.',
  ],
};

export function explain(code: string, detail: string): readonly [string, string] {
  return refusals[code]?.(detail) ?? [`${code}: ${detail}`, 'Look at the host’s journal.'];
}
