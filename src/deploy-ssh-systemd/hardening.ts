import type { Assignment } from './directives.ts';
import type { Listen } from './values.ts';

export type Hardening = 'default' | 'strict' | 'off';

/** What the sandbox depends on. */
interface Needs {
  readonly level: Hardening;
  readonly runAs: string;
  /** Where it listens, when that is known. */
  readonly listen: Pick<Listen, 'port' | 'loopback'> | undefined;
}

/**
 * The sandbox: 1.4 or better of `systemd-analyze security` by default, better with `strict`. ProcSubset=pid is left off on
 * purpose: Go reads somaxconn below /proc/sys and falls back to a backlog of 128 without it.
 */
export function hardening({ level, runAs, listen }: Needs): Assignment[] {
  const low = listen !== undefined && listen.port < 1024;
  const capability = low ? 'CAP_NET_BIND_SERVICE' : '';
  if (level === 'off') return low ? read(`AmbientCapabilities=${capability}`) : [];
  return read(
    'UMask=0077',
    // DynamicUser= brings it along
    ...(runAs === 'dynamic' ? [] : ['RemoveIPC=yes']),
    'NoNewPrivileges=yes',
    'ProtectSystem=strict',
    'ProtectHome=yes',
    'PrivateTmp=yes',
    'PrivateDevices=yes',
    'ProtectKernelTunables=yes',
    'ProtectKernelModules=yes',
    'ProtectKernelLogs=yes',
    'ProtectControlGroups=yes',
    'ProtectClock=yes',
    'ProtectHostname=yes',
    'ProtectProc=invisible',
    'RestrictNamespaces=yes',
    'RestrictRealtime=yes',
    'RestrictSUIDSGID=yes',
    'LockPersonality=yes',
    'MemoryDenyWriteExecute=yes',
    `CapabilityBoundingSet=${capability}`,
    `AmbientCapabilities=${capability}`,
    'RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX',
    'SystemCallArchitectures=native',
    'SystemCallFilter=@system-service',
    'SystemCallFilter=~@privileged @resources',
    'SystemCallErrorNumber=EPERM',
    ...(level === 'strict' ? strict(low, listen?.loopback === true) : []),
  );
}

/** A service that listens on loopback only has nothing to say to other machines. */
function strict(low: boolean, loopback: boolean): string[] {
  return [
    // a capability counts in the service's own user namespace only: it could not bind a port below 1024
    ...(low ? [] : ['PrivateUsers=yes']),
    'PrivateIPC=yes',
    ...(loopback ? ['IPAddressDeny=any', 'IPAddressAllow=localhost'] : []),
  ];
}

function read(...lines: string[]): Assignment[] {
  return lines.map(line => {
    const at = line.indexOf('=');
    return { name: line.slice(0, at), value: line.slice(at + 1) };
  });
}
