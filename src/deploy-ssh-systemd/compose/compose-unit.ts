import { dockerProgram } from '../container/docker.ts';
import type { Engine } from '../container/engine.ts';
import { quoteArgument } from '../quote.ts';
import { limits, ofService, overridden, type UnitOptions, unitHead, unitLines } from '../unit-file.ts';
import type { Compose } from './compose.ts';

export interface ComposeUnit extends UnitOptions {
  readonly compose: Compose;
  readonly engine: Engine;
}

const podman = '/usr/bin/podman --events-backend=none';
const docker = dockerProgram('systemd');

/**
 * The unit of a project: what its release has as "launch" starts the containers, and looks after them. Those of podman stay
 * in the unit's control group: so the limits are the unit's. Pure.
 */
export function renderComposeUnit(options: ComposeUnit): string {
  const { service, directory, credentials, compose, engine } = options;
  const isDocker = engine === 'docker';
  const { project, containers } = compose;
  const current = `${directory}/current`;
  const start = ['/bin/sh', `${current}/launch`, current, service, project, String(containers.length), engine];
  return unitLines(
    ...unitHead(isDocker ? { ...options, after: ['docker.service', ...options.after] } : options),
    '[Service]',
    'Type=notify',
    'NotifyAccess=all',
    `ExecStart=${start.map(quoteArgument).join(' ')}`,
    `ExecStopPost=-${['/bin/sh', '-c', isDocker ? dockerClean : podmanClean, directory, project].map(quoteArgument).join(' ')}`,
    `EnvironmentFile=${current}/environment`,
    ...credentials.map(name => `LoadCredential=${name}:${current}/credentials/${name}`),
    `Restart=${options.restart}`,
    ...overridden([...ofService(service), ...limits(options)], options.overrides).map(
      one => `${one.name}=${one.value}`,
    ),
    '',
    '[Install]',
    'WantedBy=multi-user.target',
  );
}

/** For sh: $0 is the service's folder, $1 the project. Volumes stay; a network goes with its last container. */
const podmanClean = [
  `ids=$(${podman} ps --all --quiet --filter "label=slipway.directory=$0")`,
  `[ -z "$ids" ] || ${podman} rm --force --depend --time=0 $ids >/dev/null`,
  `${podman} network prune --force --filter "label=io.podman.compose.project=$1" >/dev/null`,
].join(' ; ');

const dockerClean = [
  `ids=$(${docker} ps --all --quiet --filter "label=com.docker.compose.project=$1")`,
  `[ -z "$ids" ] || ${docker} rm --force $ids >/dev/null`,
  `${docker} network prune --force --filter "label=com.docker.compose.project=$1" >/dev/null`,
].join(' ; ');
