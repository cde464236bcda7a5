import type { Request } from '../host-session.ts';
import type { ProxySite, Tls } from './proxy.ts';

/** Where certificate and key lie on the host. */
export function pairOf(tls: Tls, service: string): { readonly certificate: string; readonly key: string } {
  if (!('certbot' in tls)) return tls;
  const live = `/etc/letsencrypt/live/slipway-${service}`;
  return { certificate: `${live}/fullchain.pem`, key: `${live}/privkey.pem` };
}

/** What certbot is asked for: authority, port of the site without TLS, address, names; undefined where it is not. */
export function certbotWords({ tls, http, names }: ProxySite): readonly string[] | undefined {
  if (tls === undefined || !('certbot' in tls)) return undefined;
  const { server, email } = tls.certbot;
  return [server, String(http), email, ...names];
}

/** Has the host get the certificate, unless it has it. Renewals are its own business. */
export function certifyRequests(proxy: ProxySite | undefined): Request[] {
  const words = proxy === undefined ? undefined : certbotWords(proxy);
  return words === undefined ? [] : [{ verb: 'certify', args: words, timeout: 240_000 }];
}
