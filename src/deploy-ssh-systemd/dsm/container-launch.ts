import { dockerArguments, dockerProgram } from '../container/docker.ts';
import { shellWord } from '../quote.ts';
import type { Settings } from '../settings.ts';
import { lines } from './scripts.ts';

type Given = Pick<Settings, 'service' | 'directory' | 'args' | 'runAs' | 'unit'>;

/**
 * How root starts the container on a NAS: the watchdog keeps docker's client as it keeps a program, and is told what the
 * container writes. It says its process id on descriptor 3 and reads the environment from 4. Pure.
 *
 * @param image with its digest
 * @param variables names of the environment variables
 */
export function containerLaunch(
  { service, directory, args, runAs, unit }: Given,
  image: string,
  variables: readonly string[],
): string {
  const docker = dockerProgram('dsm');
  const data = `${directory}/data`;
  const given = [
    `--name=slipway-${service}`,
    ...dockerArguments(unit),
    `--volume=${data}:/var/lib/${service}`,
    `--env=STATE_DIRECTORY=/var/lib/${service}`,
    ...variables.map(name => `--env=${name}`),
    image,
    ...args,
  ];
  return lines(
    '# Written by Slipway: how the watchdog starts the container.',
    '# user=root',
    `# restart=${unit.restart}`,
    'cd / || exit 200',
    'set -a; eval "$(/bin/cat <&4)"; set +a; exec 4<&-',
    // after the environment, which may say anything
    `SLIPWAY_USER=$(/usr/bin/id -u ${runAs}):$(/usr/bin/id -g ${runAs}) || exit 217`,
    `/bin/mkdir -p ${data} && /bin/chown "$SLIPWAY_USER" ${data} || exit 200`,
    `SLIPWAY_RELEASE=$(/usr/bin/readlink ${directory}/current)`,
    '# one that was left by a power cut, or whose client was killed',
    `${docker} rm --force slipway-${service} >/dev/null 2>&1`,
    'echo $$ >&3; exec 3>&-',
    `exec ${docker} run --label=slipway.main=$$ --label=slipway.release="\${SLIPWAY_RELEASE##*/}" --user="$SLIPWAY_USER" ${given.map(shellWord).join(' ')}`,
  );
}
