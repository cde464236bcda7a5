import type { Ports } from './blue-green/ports.ts';
import type { Assignment } from './directives.ts';
import { type Hardening, hardening } from './hardening.ts';
import type { Logs } from './logs/logs.ts';
import { quoteArgument } from './quote.ts';
import type { Timer } from './timer/timer.ts';
import type { LogRateLimit } from './unit-values.ts';
import type { Listen } from './values.ts';

/** What the inputs say of nothing but the unit. */
export interface UnitSettings {
  readonly restart: 'always' | 'on-failure' | 'no';
  /** Units that are started before, when they are started. */
  readonly after: readonly string[];
  /** Bytes. */
  readonly memoryMax: number | undefined;
  /** Percent of one core. */
  readonly cpuQuota: number | undefined;
  readonly tasksMax: number | undefined;
  readonly limitNofile: number | undefined;
  /** Milliseconds within which the program says again that it is alive. */
  readonly watchdog: number | undefined;
  readonly logRateLimit: LogRateLimit | undefined;
  readonly hardening: Hardening;
  readonly overrides: readonly Assignment[];
}

/** What the unit of a service depends on; everything else is the same for all. */
export interface UnitOptions extends UnitSettings {
  readonly service: string;
  /** Where `current` lies. */
  readonly directory: string;
  readonly args: readonly string[];
  /** `dynamic`, or the name of a user on the host. */
  readonly runAs: string;
  /** `notify`: the program tells systemd when it is ready (sd_notify). */
  readonly type: 'exec' | 'notify';
  /** TCP; below 1024 it needs a capability. */
  readonly listen: Pick<Listen, 'port' | 'loopback'> | undefined;
  /** Of two instances; undefined where there is but one. */
  readonly ports?: Ports | undefined;
  /** Names of the credentials that lie in the release's folder. */
  readonly credentials: readonly string[];
  /** Whether the release brings files of its own: then the program starts where they lie. */
  readonly hasFiles: boolean;
  /** `socket`: systemd listens, and passes the socket on; `upgrade-signal`: the program hands over to a child of its own. */
  readonly restartMethod: 'restart' | 'socket' | 'upgrade-signal';
  /** The service's folder on a share, where its program lies there. */
  readonly share?: string | undefined;
  /** Where the program writes its process id, when it does. */
  readonly pidFile: string | undefined;
  /** Where it is a job, which its timer starts. */
  readonly timer: Pick<Timer, 'timeout'> | undefined;
  /** What becomes of files that it writes itself. */
  readonly logs: Pick<Logs, 'rotate'> | undefined;
}

/** The unit for the newest systemd; fitUnit leaves out what an older one does not know. Pure. */
export function renderUnit(options: UnitOptions): string {
  const { service, directory, timer, ports } = options;
  const bySocket = options.restartMethod === 'socket';
  const command = [`${directory}/current/${service}`, ...options.args].map(quoteArgument).join(' ');
  const ofPort = ports === undefined ? command : command.replaceAll('{port}', '${PORT}');
  return unitLines(
    ...unitHead(options),
    '[Service]',
    `Type=${timer === undefined ? options.type : 'oneshot'}`,
    ...(timer?.timeout === undefined ? [] : [`TimeoutStartSec=${timer.timeout}ms`]),
    ...followed(options),
    `ExecStart=${ofPort}`,
    `EnvironmentFile=${directory}/current/environment`,
    // last, so that nothing else says the port
    ...(ports === undefined ? [] : [`EnvironmentFile=${directory}/current/port-blue`]),
    ...options.credentials.map(name => `LoadCredential=${name}:${directory}/current/credentials/${name}`),
    ...(options.hasFiles ? [`WorkingDirectory=${directory}/current/files`] : []),
    ...userLines(options),
    ...ofShare(options),
    ...(timer === undefined ? [`Restart=${options.restart}`] : []),
    ...overridden(
      [
        ...ofService(service).filter(({ name }) => timer === undefined || name !== 'RestartSec'),
        ...(options.logs?.rotate === undefined ? [] : [{ name: 'LogsDirectory', value: service }]),
        ...(options.watchdog === undefined ? [] : [{ name: 'WatchdogSec', value: `${options.watchdog}ms` }]),
        ...limits(options),
        ...hardening({ level: options.hardening, runAs: options.runAs, listen: bySocket ? undefined : options.listen }),
      ],
      options.overrides,
    ).map(({ name, value }) => `${name}=${value}`),
    ...(timer === undefined ? ['', '[Install]', 'WantedBy=multi-user.target'] : []),
  );
}

/** Two instances of a dynamic user are the same one. */
export function userLines({ service, runAs, ports }: UnitOptions): string[] {
  if (runAs !== 'dynamic') return [`User=${runAs}`];
  return ['DynamicUser=yes', ...(ports === undefined ? [] : [`User=${service}`])];
}

/** What it finds on the share, by the names that systemd has for such folders. A dynamic user can own nothing there. */
function ofShare({ share, runAs }: UnitOptions): string[] {
  if (share === undefined) return [];
  const logs = `${share}/logs/%H`;
  return [
    `Environment=CONFIGURATION_DIRECTORY=${share}/shared/conf`,
    ...(runAs === 'dynamic' ? [] : [`Environment=LOGS_DIRECTORY=${logs}`, `ReadWritePaths=-${logs}`]),
  ];
}

/** All before [Service]. */
export function unitHead({ service, directory, after, restartMethod, share }: UnitOptions): string[] {
  const bySocket = restartMethod === 'socket';
  return [
    '# Written by Slipway; a change made here is overwritten by the next deployment.',
    '[Unit]',
    `Description=${service}`,
    // an order only: units of others are not ours to start
    `After=${['network-online.target', ...(bySocket ? [`${service}.socket`] : []), ...after].join(' ')}`,
    'Wants=network-online.target',
    ...(bySocket ? [`Requires=${service}.socket`] : []),
    ...(share === undefined ? [] : [`RequiresMountsFor=${share}`]),
    // for good: a service that was up comes up again whenever what it needs is back
    'StartLimitIntervalSec=0',
    `X-Slipway=${directory}`,
    '',
  ];
}

/** How systemd learns that a child is the service from now on: by MAINPID= of anybody in it, or from a file. */
function followed({ type, restartMethod, pidFile, service }: UnitOptions): string[] {
  if (restartMethod !== 'upgrade-signal') return [];
  return [
    ...(type === 'notify' ? ['NotifyAccess=all'] : []),
    ...(pidFile === undefined ? [] : [`RuntimeDirectory=${service}`, `PIDFile=${pidFile}`]),
  ];
}

/** The socket that stays while the service is restarted: who connects meanwhile waits. */
export function renderSocket(service: string, directory: string, stream: string): string {
  return unitLines(
    '# Written by Slipway; a change made here is overwritten by the next deployment.',
    '[Unit]',
    `Description=${service}`,
    `X-Slipway=${directory}`,
    '',
    '[Socket]',
    `ListenStream=${stream}`,
    '',
    '[Install]',
    'WantedBy=sockets.target',
  );
}

export function ofService(service: string): Assignment[] {
  return [
    { name: 'StateDirectory', value: service },
    { name: 'RestartSec', value: '1s' },
    { name: 'TimeoutStopSec', value: '30s' },
    { name: 'KillMode', value: 'mixed' },
  ];
}

export function limits({ memoryMax, cpuQuota, tasksMax, limitNofile, logRateLimit }: UnitSettings): Assignment[] {
  const given: [string, string | undefined][] = [
    ['MemoryMax', memoryMax?.toString()],
    ['CPUQuota', cpuQuota === undefined ? undefined : `${cpuQuota}%`],
    ['TasksMax', tasksMax?.toString()],
    ['LimitNOFILE', limitNofile?.toString()],
    ['LogRateLimitIntervalSec', logRateLimit === undefined ? undefined : `${logRateLimit.interval}ms`],
    ['LogRateLimitBurst', logRateLimit?.burst.toString()],
  ];
  return given.flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]));
}

/** Every line of an overridden directive goes; the given ones come in its place, or at the end. An empty value is none. */
export function overridden(ours: readonly Assignment[], given: readonly Assignment[]): Assignment[] {
  const names = new Set(given.map(one => one.name));
  return [...ours.filter(one => !names.has(one.name)), ...given.filter(one => one.value !== '')];
}

export function unitLines(...all: string[]): string {
  return `${all.join('\n')}\n`;
}
