import { X509Certificate } from 'node:crypto';
import { sha256 } from '../../core/files.ts';
import type { Answer } from '../../core/host-agent/answer.ts';
import { log } from '../../core/log.ts';
import type { MachineFacts } from '../facts.ts';
import type { Obstacle } from '../preflight.ts';
import type { Settings } from '../settings.ts';
import { type SystemFile, systemMark } from '../system-files.ts';
import { certbotWords, pairOf } from './certificate.ts';
import type { ProxySite } from './proxy.ts';
import { renderSite } from './render-site.ts';

type Pair = ReturnType<typeof pairOf>;

/** The site of the input `proxy`, as a file of the release; empty where there is none, or where it is a load balancer's. */
export function nginxSite(settings: Settings, facts: Pick<MachineFacts, 'ipv6' | 'certified'>): SystemFile[] {
  const { proxy } = settings;
  return proxy === undefined ? [] : [siteOf(settings, proxy, [backendOf(settings)], facts)];
}

/** @param servers addresses, as an upstream has them */
export function siteOf(
  { service, directory, ports: instances }: Pick<Settings, 'service' | 'directory' | 'ports'>,
  proxy: ProxySite,
  servers: readonly string[],
  { ipv6, certified }: Pick<MachineFacts, 'ipv6' | 'certified'>,
): SystemFile {
  const render = (one: ProxySite) =>
    systemMark(directory) + renderSite(one, { service, servers, green: instances?.[1], ipv6 });
  const words = certbotWords(proxy);
  const pair = proxy.tls === undefined ? undefined : pairOf(proxy.tls, service);
  const ports = proxy.tls === undefined ? [proxy.http] : [proxy.http, proxy.https];
  return {
    kind: 'nginx',
    text: render(proxy),
    // there is no certificate before nginx answers for the names
    ...(words !== undefined && !certified ? { tried: render({ ...proxy, tls: undefined, grpc: false }) } : {}),
    lets: words === undefined ? [] : [`certbot:${sha256(`${words.join('\n')}\n`)}`],
    asked: [ports.join(' '), pair?.certificate ?? ''],
    judge: answer => judge(proxy, pair, answer),
  };
}

/** Where nginx reaches the service on its own host. */
function backendOf({ proxy, listen, ports }: Settings): string {
  if (ports !== undefined) return `127.0.0.1:${ports[0]}`;
  const to = proxy?.to;
  if (to !== undefined) return 'port' in to ? `127.0.0.1:${to.port}` : `unix:${to.socket}`;
  const host = listen?.host ?? '127.0.0.1';
  return `${host.includes(':') ? `[${host}]` : host}:${listen?.port}`;
}

/** What the host said of nginx, of the ports and of the certificate. */
function judge(proxy: ProxySite, tls: Pair | undefined, answer: Answer): Obstacle[] {
  const found: Obstacle[] = answer.all('held').map(held => {
    const [port = '', ...holder] = held.split(' ');
    return {
      code: 'PORT_IN_USE',
      seen: `port ${port} of the site is in use by ${holder.join(' ')}, not by nginx`,
      hint: 'End that one, or give proxy another `http` or `https`.',
    };
  });
  const said = answer.text('said');
  if (certbotWords(proxy) !== undefined && answer.text('certbot') !== 'yes')
    found.push({
      code: 'PROGRAMS_MISSING',
      seen: 'certbot is not installed',
      hint: 'Install it: apt-get install certbot',
    });
  if (said !== '') found.push(refusal(tls, said));
  else if (answer.text('active') !== 'yes')
    found.push({
      code: 'PROXY_REFUSED',
      seen: 'nginx is not running: nobody would serve the site',
      hint: 'Start it: systemctl enable --now nginx; on a NAS, synosystemctl start nginx',
    });
  if (tls !== undefined && said === '')
    found.push(...ofCertificate(proxy, tls.certificate, answer.text('certificate')));
  return found;
}

function refusal(tls: Pair | undefined, said: string): Obstacle {
  if (tls !== undefined && said.includes(tls.key) && said.includes('key values mismatch'))
    return {
      code: 'CERTIFICATE_MISMATCH',
      seen: `the certificate ${tls.certificate} does not match the key ${tls.key}`,
      hint: 'Give the certificate and the key of one pair.',
    };
  const lines = said.split('\n');
  const gravest = lines.find(line => line.includes('[emerg]')) ?? lines[0]!;
  return {
    code: 'PROXY_REFUSED',
    seen: `nginx does not take the site: ${gravest.replace(/^.*?\[(emerg|warn)\] (\d+#\d+: )?/, '')}`,
    hint: 'nginx takes its whole configuration or nothing: where another file is named, mend that one first.',
  };
}

function ofCertificate({ names }: ProxySite, path: string, pem: string): Obstacle[] {
  if (pem === '') return [];
  const certificate = new X509Certificate(pem);
  if (certificate.validToDate.getTime() < Date.now())
    return [
      {
        code: 'CERTIFICATE_EXPIRED',
        seen: `the certificate ${path} was valid until ${certificate.validTo}`,
        hint: 'Renew it: no client would take it.',
      },
    ];
  const others = names.filter(name => certificate.checkHost(name.replace(/^\*/, 'any')) === undefined);
  if (others.length > 0) log.warning(`the certificate ${path} is not for ${others.join(', ')}: clients will refuse it`);
  return [];
}
