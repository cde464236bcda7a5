import { log } from '../core/log.ts';
import type { Surveyed } from './survey.ts';

/**
 * What a user's systemd cannot do (systemd.exec(5)): it is no more than the user, so it has no other user to run as, no
 * capabilities to give or take, and may not mount.
 */
const beyondUsers = [
  /^(DynamicUser|User|Group|SupplementaryGroups|RemoveIPC)=/,
  /^(CapabilityBoundingSet|AmbientCapabilities|SecureBits)=/,
  /^(Protect\w+|ProcSubset|PrivateTmp|PrivateDevices|PrivateUsers|PrivateNetwork|PrivateIPC|PrivateMounts)=/,
  /^(ReadWritePaths|ReadOnlyPaths|InaccessiblePaths|ExecPaths|NoExecPaths)=/,
  /^(IPAddress\w+|SocketBind\w+|DeviceAllow|DevicePolicy|LogNamespace)=/,
  // a user's systemd has no such target
  /^(After|Wants)=network-online\.target$/,
];

/** The unit for the user's own systemd: without what only root's can do. Pure. */
export function userUnit(unit: string): { readonly unit: string; readonly left: readonly string[] } {
  const lines = unit.split('\n');
  const isBeyond = (line: string) => beyondUsers.some(form => form.test(line));
  return {
    unit: lines
      .filter(line => !isBeyond(line))
      .map(line => (line === 'WantedBy=multi-user.target' ? 'WantedBy=default.target' : line))
      .join('\n'),
    left: [...new Set(lines.filter(isBeyond).map(line => line.slice(0, line.indexOf('='))))],
  };
}

/** Says once what these services lack, next to what root's systemd would give them. */
export function tellOwnServices(hosts: readonly Surveyed[]): void {
  const own = hosts.filter(({ settings }) => settings.ownServices).map(({ session }) => session.place);
  if (own.length === 0) return;
  const left = new Set(hosts.flatMap(({ goal }) => goal.candidate?.beyondUser ?? []));
  const without = left.size === 0 ? '' : `; only root’s systemd can do ${[...left].join(', ')}: left out`;
  log.info(`${own.join(', ')}: a service of the user’s own, by systemctl --user${without}`);
}
