import type { Answers } from './answers.ts';
import type { Found } from './found.ts';
import { serviceName } from './host-lines.ts';
import { type Line, line, todo } from './lines.ts';
import type { Survey } from './survey.ts';

/** Where the program is deployed to. */
export interface Places {
  readonly hosts: boolean;
  readonly cluster: boolean;
}

export function placesOf({ manifests }: Survey, { hosts, kubernetes }: Answers): Places {
  const cluster = kubernetes ?? (manifests !== undefined && hosts.length === 0);
  return { cluster, hosts: hosts.length > 0 || !cluster };
}

/** Where users reach the program's health path: what was given, else the host name of a route or Ingress. */
export function addressOf({ healthPath, manifests }: Survey, { url }: Answers): Found | undefined {
  const path = healthPath?.value ?? '/';
  if (url !== undefined) {
    const given = URL.parse(url);
    return {
      value: given !== null && given.pathname === '/' ? new URL(path, given).href : url,
      at: healthPath?.at ?? 'as given',
    };
  }
  const name = manifests?.hostname;
  return name && { value: `http://${name.value}${path}`, at: name.at };
}

/** The section `verify`. */
export function verifyLines(found: Survey, answers: Answers, { hosts, cluster }: Places): Line[] {
  return [
    checksLine(found, answers),
    ...(hosts
      ? [{ ...line('known-hosts', ''), alias: 'known-hosts' }, line('private-key', { env: 'SSH_PRIVATE_KEY' })]
      : []),
    ...(cluster ? [line('kubeconfig', { env: 'KUBECONFIG_TEXT' })] : []),
    line('hold', '2s', 'stays healthy for so long'),
  ];
}

function checksLine(found: Survey, answers: Answers): Line {
  const address = addressOf(found, answers);
  if (address !== undefined) return line('checks', `${address.value} 200 within 1s`, address.at);
  const { port, healthPath, grpc, listens, program } = found;
  if (answers.hosts.length === 0 || (port === undefined && listens))
    return todo('checks', 'what users open, such as https://hello.example.com/ 200 within 1s');
  const checks = answers.hosts.map(host => {
    const name = host.replace(/^.*@/, '').replace(/:\d+$/, '');
    if (port === undefined) return `unit ${serviceName(program.name)}.service on ${host}`;
    if (healthPath !== undefined) return `http://${name}:${port.value}${healthPath.value} 200 within 1s`;
    return `${grpc === undefined ? 'tcp' : 'grpc'} ${name}:${port.value}`;
  });
  return line('checks', checks.length === 1 ? checks[0] : checks, 'the hosts themselves; better what users open');
}
