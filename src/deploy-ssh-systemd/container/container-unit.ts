import type { Assignment } from '../directives.ts';
import { quoteArgument } from '../quote.ts';
import { limits, ofService, overridden, type UnitOptions, unitHead, unitLines, userLines } from '../unit-file.ts';
import { dockerArguments, dockerProgram } from './docker.ts';
import { confined, type Engine } from './engine.ts';

export interface ContainerUnit extends UnitOptions {
  readonly engine: Engine;
  /** With its digest. */
  readonly image: string;
  /** Names of the environment variables. */
  readonly variables: readonly string[];
}

/** Under it the host finds the container of a unit, of one of two instances, too. */
const name = 'slipway-%N';

const podman = '/usr/bin/podman --events-backend=none';

/**
 * The unit of a container. podman is root's ("+"), and leaves the container in the unit's control group: so the limits are
 * the unit's. docker has its own: there the main process is the client, which is told what the container writes, passes
 * signals on, and ends with it. Values of variables come from the environment and stand in no argument. Pure.
 */
export function renderContainerUnit(options: ContainerUnit): string {
  const { service, directory, credentials, engine, ports } = options;
  const isDocker = engine === 'docker';
  const words = [start(options), `${directory}/current/`].map(quoteArgument);
  const given = [...arguments_(options), ...options.args].map(quoteArgument).join(' ');
  const command = [...words, `--name=${name}`, ports === undefined ? given : given.replaceAll('{port}', '${PORT}')];
  const clean = `/bin/sh -c ${quoteArgument(isDocker ? dockerClean : podmanClean)} ${name}`;
  return unitLines(
    ...unitHead(isDocker ? { ...options, after: ['docker.service', ...options.after] } : options),
    '[Service]',
    // podman speaks, and then the monitor, which is the main process from then on
    ...(isDocker ? ['Type=exec'] : ['Type=notify', 'NotifyAccess=all']),
    // else the journal would know it by the shell that became the client
    ...(isDocker ? [`SyslogIdentifier=${service}`] : []),
    // after a power cut docker still knows the former one
    ...(isDocker ? [`ExecStartPre=+-${clean}`] : []),
    `ExecStart=+/bin/sh -c ${command.join(' ')}`,
    `ExecStopPost=+-${clean}`,
    `EnvironmentFile=${directory}/current/environment`,
    // last, so that nothing else says the port
    ...(ports === undefined ? [] : [`EnvironmentFile=${directory}/current/port-blue`]),
    ...credentials.map(one => `LoadCredential=${one}:${directory}/current/credentials/${one}`),
    ...userLines(options),
    `Restart=${options.restart}`,
    ...overridden(
      [...ofService(service), ...limits(isDocker ? { ...options, ...dockers } : options)],
      options.overrides,
    ).map(asLine),
    '',
    '[Install]',
    'WantedBy=multi-user.target',
  );
}

const podmanClean = `exec ${podman} rm --force --ignore --time=0 "$0" >/dev/null`;
const dockerClean = `exec ${dockerProgram('systemd')} rm --force "$0" >/dev/null 2>&1`;

/** Limits that docker has to keep, as the container is in a control group of its own. */
const dockers = { memoryMax: undefined, cpuQuota: undefined, tasksMax: undefined, limitNofile: undefined };

/** For sh: what is known at the start only. Its $0 is "current/", which leads to the release. */
function start({ credentials, engine }: ContainerUnit): string {
  const folder = (variable: string, mode: string) => `--volume="$${variable}:$${variable}${mode}" --env=${variable}`;
  const run = engine === 'docker' ? `${dockerProgram('systemd')} run --label=slipway.main="$$"` : `${podman} run`;
  return [
    'SLIPWAY_USER=$(/usr/bin/stat -Lc %u:%g "$STATE_DIRECTORY") && SLIPWAY_RELEASE=$(/usr/bin/readlink "${0%/}") &&',
    `exec ${run} --user="$SLIPWAY_USER" --label=slipway.release="\${SLIPWAY_RELEASE##*/}"`,
    folder('STATE_DIRECTORY', ''),
    ...(credentials.length > 0 ? [folder('CREDENTIALS_DIRECTORY', ':ro')] : []),
    engine === 'docker' ? '"$@"' : '"$@" >/dev/null',
  ].join(' ');
}

function arguments_(options: ContainerUnit): string[] {
  const { engine, variables, image } = options;
  return [
    ...(engine === 'docker' ? dockerArguments(options) : podmanArguments(options)),
    ...variables.map(one => `--env=${one}`),
    image,
  ];
}

function podmanArguments({ type, listen, limitNofile }: ContainerUnit): string[] {
  return [
    '--replace',
    '--detach',
    '--cgroups=disabled',
    ...confined,
    ...(listen !== undefined && listen.port < 1024 ? ['--cap-add=NET_BIND_SERVICE'] : []),
    // "container": the program itself says when it is ready
    `--sdnotify=${type === 'notify' ? 'container' : 'conmon'}`,
    '--log-driver=journald',
    ...(limitNofile === undefined ? [] : [`--ulimit=nofile=${limitNofile}:${limitNofile}`]),
  ];
}

function asLine({ name, value }: Assignment): string {
  return `${name}=${value}`;
}
