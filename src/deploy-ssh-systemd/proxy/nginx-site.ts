import { X509Certificate } from 'node:crypto';
import type { Answer } from '../../core/host-agent/answer.ts';
import { log } from '../../core/log.ts';
import type { MachineFacts } from '../facts.ts';
import type { Obstacle } from '../preflight.ts';
import type { Settings } from '../settings.ts';
import { type SystemFile, systemMark } from '../system-files.ts';
import type { ProxySite } from './proxy.ts';
import { renderSite } from './render-site.ts';

/** The site of the input `proxy`, as a file of the release; empty where there is none. */
export function nginxSite(settings: Settings, { ipv6 }: Pick<MachineFacts, 'ipv6'>): SystemFile[] {
  const { proxy, service, directory } = settings;
  if (proxy === undefined) return [];
  const text = systemMark(directory) + renderSite(proxy, { service, servers: [backendOf(settings)], ipv6 });
  const ports = proxy.tls === undefined ? [proxy.http] : [proxy.http, proxy.https];
  return [
    {
      kind: 'nginx',
      text,
      asked: [ports.join(' '), proxy.tls?.certificate ?? ''],
      judge: answer => judge(proxy, answer),
    },
  ];
}

/** Where nginx reaches the service on its own host. */
function backendOf({ proxy, listen }: Settings): string {
  const to = proxy?.to;
  if (to !== undefined) return 'port' in to ? `127.0.0.1:${to.port}` : `unix:${to.socket}`;
  const host = listen?.host ?? '127.0.0.1';
  return `${host.includes(':') ? `[${host}]` : host}:${listen?.port}`;
}

/** What the host said of nginx, of the ports and of the certificate. */
function judge(proxy: ProxySite, answer: Answer): Obstacle[] {
  const found: Obstacle[] = answer.all('held').map(held => {
    const [port = '', ...holder] = held.split(' ');
    return {
      code: 'PORT_IN_USE',
      seen: `port ${port} of the site is in use by ${holder.join(' ')}, not by nginx`,
      hint: 'End that one, or give proxy another `http` or `https`.',
    };
  });
  const said = answer.text('said');
  if (said !== '') found.push(refusal(proxy, said));
  else if (answer.text('active') !== 'yes')
    found.push({
      code: 'PROXY_REFUSED',
      seen: 'nginx.service is not running: nobody would serve the site',
      hint: 'Start it: systemctl enable --now nginx',
    });
  const { tls } = proxy;
  if (tls !== undefined && said === '')
    found.push(...ofCertificate(proxy, tls.certificate, answer.text('certificate')));
  return found;
}

function refusal({ tls }: ProxySite, said: string): Obstacle {
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
