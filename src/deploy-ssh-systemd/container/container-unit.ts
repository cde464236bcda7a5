import type { Assignment } from '../directives.ts';
import { quoteArgument } from '../quote.ts';
import { limits, ofService, overridden, type UnitOptions, unitHead, unitLines } from '../unit-file.ts';

export interface ContainerUnit extends UnitOptions {
  /** With its digest. */
  readonly image: string;
  /** Names of the environment variables. */
  readonly variables: readonly string[];
}

/** Under it the host finds the container of a service. */
const nameOf = (service: string) => `slipway-${service}`;

const podman = '/usr/bin/podman --events-backend=none';

/**
 * The unit of a container. podman is root's ("+"), and leaves the container in the unit's control group: so the limits are
 * the unit's. Values of variables come from the environment and stand in no argument. Pure.
 */
export function renderContainerUnit(options: ContainerUnit): string {
  const { service, directory, credentials, runAs } = options;
  const command = [start(credentials.length > 0), `${directory}/current`, ...arguments_(options)];
  const clean = `exec ${podman} rm --force --ignore --time=0 ${nameOf(service)} >/dev/null`;
  return unitLines(
    ...unitHead(options),
    '[Service]',
    'Type=notify',
    // from podman, and from the monitor that is the main process from then on
    'NotifyAccess=all',
    `ExecStart=+/bin/sh -c ${command.map(quoteArgument).join(' ')}`,
    `ExecStopPost=+-/bin/sh -c ${quoteArgument(clean)}`,
    `EnvironmentFile=${directory}/current/environment`,
    ...credentials.map(name => `LoadCredential=${name}:${directory}/current/credentials/${name}`),
    ...(runAs === 'dynamic' ? ['DynamicUser=yes'] : [`User=${runAs}`]),
    `Restart=${options.restart}`,
    ...overridden([...ofService(service), ...limits(options)], options.overrides).map(asLine),
    '',
    '[Install]',
    'WantedBy=multi-user.target',
  );
}

/** For sh: what is known at the start only. Its $0 is "current", which leads to the release. */
function start(hasCredentials: boolean): string {
  const folder = (variable: string, mode: string) => `--volume="$${variable}:$${variable}${mode}" --env=${variable}`;
  return [
    'SLIPWAY_USER=$(/usr/bin/stat -Lc %u:%g "$STATE_DIRECTORY") && SLIPWAY_RELEASE=$(/usr/bin/readlink "$0") &&',
    `exec ${podman} run --user="$SLIPWAY_USER" --label=slipway.release="\${SLIPWAY_RELEASE##*/}"`,
    folder('STATE_DIRECTORY', ''),
    ...(hasCredentials ? [folder('CREDENTIALS_DIRECTORY', ':ro')] : []),
    '"$@" >/dev/null',
  ].join(' ');
}

function arguments_({ service, type, listen, limitNofile, variables, image, args }: ContainerUnit): string[] {
  return [
    `--name=${nameOf(service)}`,
    '--replace',
    '--detach',
    '--pull=never',
    '--cgroups=disabled',
    '--network=host',
    '--read-only',
    '--cap-drop=all',
    ...(listen !== undefined && listen.port < 1024 ? ['--cap-add=NET_BIND_SERVICE'] : []),
    '--security-opt=no-new-privileges',
    // "container": the program itself says when it is ready
    `--sdnotify=${type === 'notify' ? 'container' : 'conmon'}`,
    '--log-driver=journald',
    ...(limitNofile === undefined ? [] : [`--ulimit=nofile=${limitNofile}:${limitNofile}`]),
    ...variables.map(name => `--env=${name}`),
    image,
    ...args,
  ];
}

function asLine({ name, value }: Assignment): string {
  return `${name}=${value}`;
}
