/** What is known of a directive of a service's unit. */
interface Directive {
  /** The systemd it came in (systemd.exec(5), systemd.service(5), systemd.resource-control(5), NEWS). */
  readonly since: number;
  /** The input that it comes from: `unit-overrides` does not take it. */
  readonly input?: string;
}

const since = (version: number) => (name: string) => [name, { since: version }] as const;
const ofInput = (input: string, version: number, ...names: string[]) =>
  names.map(name => [name, { since: version, input }] as const);

/** Every directive that a unit of ours can hold. What is not here is never written. */
export const directives: ReadonlyMap<string, Directive> = new Map<string, Directive>([
  ...ofInput('service', 0, 'Description', 'X-Slipway'),
  ...ofInput('service', 0, 'EnvironmentFile', 'ExecStart', 'WantedBy'),
  ...ofInput('after', 0, 'After', 'Wants'),
  ...ofInput('restart', 0, 'Restart'),
  ...ofInput('restart', 230, 'StartLimitIntervalSec'),
  ...ofInput('type', 0, 'Type'),
  ...ofInput('run-as', 0, 'User'),
  ...ofInput('run-as', 235, 'DynamicUser'),
  ...ofInput('files', 0, 'WorkingDirectory'),
  ...ofInput('layout', 0, 'RequiresMountsFor', 'Environment'),
  ...ofInput('credentials', 247, 'LoadCredential'),
  ...ofInput('memory-max', 231, 'MemoryMax'),
  ...ofInput('cpu-quota', 213, 'CPUQuota'),
  ...ofInput('tasks-max', 227, 'TasksMax'),
  ...ofInput('limit-nofile', 0, 'LimitNOFILE'),
  ...ofInput('watchdog', 0, 'WatchdogSec'),
  ...ofInput('log-rate-limit', 240, 'LogRateLimitBurst', 'LogRateLimitIntervalSec'),
  ...[
    'CPUAffinity',
    'CapabilityBoundingSet',
    'DeviceAllow',
    'IOSchedulingClass',
    'IOSchedulingPriority',
    'KillMode',
    'KillSignal',
    'LimitCORE',
    'LimitMEMLOCK',
    'LimitNPROC',
    'LimitSTACK',
    'Nice',
    'NoNewPrivileges',
    'OOMScoreAdjust',
    'PrivateNetwork',
    'PrivateTmp',
    'RestartSec',
    'SuccessExitStatus',
    'SupplementaryGroups',
    'SyslogIdentifier',
    'SystemCallFilter',
    'TimeoutStartSec',
    'TimeoutStopSec',
    'UMask',
  ].map(since(0)),
  ...['DevicePolicy'].map(since(208)),
  ...['PrivateDevices', 'SystemCallArchitectures', 'SystemCallErrorNumber'].map(since(209)),
  ...['RestrictAddressFamilies', 'RuntimeDirectory', 'RuntimeDirectoryMode'].map(since(211)),
  ...['ProtectHome', 'ProtectSystem'].map(since(214)),
  ...['AmbientCapabilities'].map(since(229)),
  ...['IOReadBandwidthMax', 'IOWeight', 'IOWriteBandwidthMax'].map(since(230)),
  ...[
    'InaccessiblePaths',
    'MemoryDenyWriteExecute',
    'MemoryHigh',
    'MemoryLow',
    'ReadOnlyPaths',
    'ReadWritePaths',
    'RestrictRealtime',
  ].map(since(231)),
  ...[
    'CPUWeight',
    'MemorySwapMax',
    'PrivateUsers',
    'ProtectControlGroups',
    'ProtectKernelModules',
    'ProtectKernelTunables',
    'RemoveIPC',
  ].map(since(232)),
  ...['BindPaths', 'BindReadOnlyPaths', 'RestrictNamespaces'].map(since(233)),
  ...[
    'CacheDirectory',
    'CacheDirectoryMode',
    'ConfigurationDirectory',
    'IPAddressAllow',
    'IPAddressDeny',
    'KeyringMode',
    'LockPersonality',
    'LogsDirectory',
    'LogsDirectoryMode',
    'RuntimeDirectoryPreserve',
    'StateDirectory',
    'StateDirectoryMode',
    'UnsetEnvironment',
  ].map(since(235)),
  ...['LogExtraFields', 'LogLevelMax'].map(since(236)),
  ...['TemporaryFileSystem'].map(since(238)),
  ...['ProtectHostname', 'RestrictSUIDSGID'].map(since(242)),
  ...['OOMPolicy', 'WatchdogSignal'].map(since(243)),
  ...['ProtectKernelLogs'].map(since(244)),
  ...['LogNamespace', 'ProtectClock'].map(since(245)),
  ...['ProcSubset', 'ProtectProc', 'SystemCallLog'].map(since(247)),
  ...['ExecPaths', 'NoExecPaths', 'PrivateIPC'].map(since(248)),
  ...['SocketBindAllow', 'SocketBindDeny'].map(since(249)),
  ...['RestrictFileSystems', 'RestrictNetworkInterfaces'].map(since(250)),
  ...['RestartMaxDelaySec', 'RestartSteps'].map(since(254)),
]);

/** A line of a unit, `Name=value`. */
export interface Assignment {
  readonly name: string;
  /** Empty in an override: the directive is left out. */
  readonly value: string;
}

/** What a host's systemd does not know is left out; `left` names it, so that it can be said. Pure. */
export function fitUnit(text: string, systemd: number): { readonly text: string; readonly left: readonly string[] } {
  const left = new Set<string>();
  const kept = text.split('\n').filter(line => {
    const name = /^([A-Za-z-]+)=/.exec(line)?.[1] ?? '';
    const known = (directives.get(name)?.since ?? 0) <= systemd;
    if (!known) left.add(name);
    return known;
  });
  return { text: kept.join('\n'), left: [...left] };
}
