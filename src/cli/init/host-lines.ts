import type { Answers } from './answers.ts';
import { type Line, line, todo } from './lines.ts';
import type { Survey } from './survey.ts';

/** The deployment to systemd hosts. */
export function hostLines(found: Survey, answers: Answers): Line[] {
  const { program, port, healthPath, grpc, notifies, listens, dockerfile, compose } = found;
  const { hosts, knownHosts } = answers;
  const args = compose?.args ?? dockerfile?.args;
  const environment = compose?.environment ?? dockerfile?.env ?? [];
  return [
    line('kind', 'deploy-ssh-systemd'),
    line('name', 'hosts'),
    hosts.length === 0
      ? todo('hosts', 'user@host:port, one a line, such as deploy@web1.example.com')
      : line('hosts', hosts.length === 1 ? hosts[0] : hosts),
    knownHosts === undefined
      ? todo('known-hosts', 'what `ssh-keyscan HOST` prints, compared with the host', 'known-hosts')
      : { ...line('known-hosts', knownHosts.value, knownHosts.at), anchor: 'known-hosts' },
    line('private-key', { env: 'SSH_PRIVATE_KEY' }, 'a secret: only the name stands here'),
    line('service', serviceName(program.name), program.at),
    ...(args === undefined ? [] : [line('args', args.value, args.at)]),
    ...(environment.length === 0
      ? []
      : [line('environment', Object.fromEntries(environment.map(({ value }) => value)), environment[0]!.at)]),
    ...(compose === undefined || compose.secrets.length === 0
      ? []
      : [
          line(
            'secret-environment',
            { env: 'APP_SECRETS' },
            `NAME=value lines: ${compose.secrets.map(({ value }) => value).join(', ')}`,
          ),
        ]),
    ...(notifies === undefined ? [] : [line('type', 'notify', notifies.at)]),
    ...(port === undefined && listens ? [todo('listen', 'the port that it listens on; may stay empty')] : []),
    ...(port === undefined ? [] : [line('listen', port.value, port.at)]),
    ...(port === undefined || healthPath === undefined
      ? []
      : [
          line(
            'health-checks',
            `http://127.0.0.1:${port.value}${healthPath.value} 200 within 1s`,
            `${healthPath.at}, ${port.at}`,
          ),
        ]),
    ...(port !== undefined && healthPath === undefined && grpc !== undefined
      ? [line('health-checks', `grpc 127.0.0.1:${port.value}`, grpc.at)]
      : []),
  ];
}

/** What systemd takes as a name. */
export function serviceName(name: string): string {
  return (
    name
      .replaceAll(/[^\w.-]/g, '-')
      .replace(/^[^A-Za-z0-9]+/, '')
      .slice(0, 60) || 'app'
  );
}
