/** What the unit of a service depends on; everything else is the same for all. */
export interface UnitOptions {
  readonly service: string;
  /** Where `current` lies. */
  readonly directory: string;
  readonly args: readonly string[];
  /** `dynamic`, or the name of a user on the host. */
  readonly runAs: string;
  /** `notify`: the program tells systemd when it is ready (sd_notify). */
  readonly type: 'exec' | 'notify';
  /** TCP port; below 1024 it needs a capability. */
  readonly listen: number | undefined;
}

/**
 * The unit, hardened to 1.4 or better of `systemd-analyze security`. ProcSubset=pid is left off on purpose: Go reads
 * somaxconn below /proc/sys and falls back to a backlog of 128 without it.
 */
export function renderUnit(options: UnitOptions): string {
  const { service, directory } = options;
  const capability = options.listen !== undefined && options.listen < 1024 ? 'CAP_NET_BIND_SERVICE' : '';
  const command = [`${directory}/current/${service}`, ...options.args].map(quoteArgument).join(' ');
  return lines(
    '# Written by Slipway; a change made here is overwritten by the next deployment.',
    '[Unit]',
    `Description=${service}`,
    'After=network-online.target',
    'Wants=network-online.target',
    // for good: a service that was up comes up again whenever what it needs is back
    'StartLimitIntervalSec=0',
    `X-Slipway=${directory}`,
    '',
    '[Service]',
    `Type=${options.type}`,
    `ExecStart=${command}`,
    `EnvironmentFile=${directory}/current/environment`,
    ...(options.runAs === 'dynamic' ? ['DynamicUser=yes'] : [`User=${options.runAs}`, 'RemoveIPC=yes']),
    `StateDirectory=${service}`,
    'Restart=always',
    'RestartSec=1s',
    'TimeoutStopSec=30s',
    'KillMode=mixed',
    'UMask=0077',
    '',
    ...hardening(capability),
    '',
    '[Install]',
    'WantedBy=multi-user.target',
  );
}

function hardening(capability: string): string[] {
  return [
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
  ];
}

function lines(...all: string[]): string {
  return `${all.join('\n')}\n`;
}

/** One argument of ExecStart=: quotes, specifiers (%) and variables ($) are taken literally (systemd.service(5)). */
export function quoteArgument(argument: string): string {
  const doubled = argument.replaceAll('%', '%%').replaceAll('$', '$$$$');
  if (/^[A-Za-z0-9_./:=,@%+$-]+$/.test(argument)) return doubled;
  const escaped = doubled
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('\n', '\\n')
    .replaceAll('\t', '\\t')
    .replaceAll('\r', '\\r');
  return `"${escaped}"`;
}
