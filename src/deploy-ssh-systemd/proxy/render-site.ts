import { pairOf } from './certificate.ts';
import type { ProxySite } from './proxy.ts';

/** What a site has beside what the input says. */
export interface Surroundings {
  readonly service: string;
  /** Addresses, as `server` of an upstream takes them. */
  readonly servers: readonly string[];
  /** The port of the other instance of the service; undefined where there is but one. */
  readonly green?: number | undefined;
  /** Whether the host has IPv6. */
  readonly ipv6: boolean;
}

/** The text of a site, in nginx's own indentation. Pure. */
export function renderSite(proxy: ProxySite, { service, servers, green, ipv6 }: Surroundings): string {
  const upstream = `slipway_${service.replaceAll(/[^A-Za-z0-9_]/g, '_')}`;
  const listen = (port: number, more = '') =>
    ['', ...(ipv6 ? ['[::]:'] : [])].map(address => `listen ${address}${port}${more};`);
  const names = `server_name ${proxy.names.join(' ')};`;
  const served = [...ofClients(proxy), ...location(proxy, upstream)];
  const tls = proxy.tls === undefined ? undefined : pairOf(proxy.tls, service);
  const port = proxy.https === 443 ? '' : `:${proxy.https}`;
  return lines(
    '# of a request for WebSocket; else the connection is for this request only',
    `map $http_upgrade $${upstream}_connection {`,
    ['default upgrade;', "'' close;"],
    '}',
    ...block(
      `upstream ${upstream}`,
      // assets/colours.sh exchanges the two
      servers.map(server => `server ${server};${green === undefined ? '' : ` # green: ${green}`}`),
    ),
    ...(typeof proxy.grpc === 'number'
      ? block(
          `upstream ${upstream}_grpc`,
          servers.map(server => `server ${server.replace(/^unix:.*|:\d+$/, '') || '127.0.0.1'}:${proxy.grpc};`),
        )
      : []),
    ...(tls === undefined
      ? block('server', [...listen(proxy.http), names, ...challenges, ...served])
      : [
          ...block('server', [
            ...listen(proxy.http),
            names,
            ...challenges,
            ...block('location /', [`return 308 https://$host${port}$request_uri;`]),
          ]),
          ...block('server', [
            ...listen(proxy.https, ' ssl http2'),
            names,
            `ssl_certificate ${tls.certificate};`,
            `ssl_certificate_key ${tls.key};`,
            'ssl_protocols TLSv1.2 TLSv1.3;',
            ...served,
          ]),
        ]),
  );
}

/** What certbot answers an authority with (assets/certbot.sh): also before there is a certificate. */
const challenges: Line[] = block('location ^~ /.well-known/acme-challenge/', ['root /var/lib/slipway/acme;']);

type Line = string | readonly Line[];

function ofClients({ timeout, maxBody }: ProxySite): string[] {
  return ['server_tokens off;', `client_max_body_size ${maxBody};`, `client_body_timeout ${timeout}ms;`];
}

function location({ grpc, timeout }: ProxySite, upstream: string): Line[] {
  const http = [
    `proxy_pass http://${upstream};`,
    'proxy_http_version 1.1;',
    ...forwarded('proxy'),
    'proxy_set_header Upgrade $http_upgrade;',
    `proxy_set_header Connection $${upstream}_connection;`,
    ...times('proxy', timeout),
  ];
  if (grpc === false) return block('location /', http);
  const to = typeof grpc === 'number' ? `${upstream}_grpc` : upstream;
  return [
    ...block('location /', [
      'error_page 418 = @grpc;',
      'if ($http_content_type ~ "^application/grpc") {',
      ['return 418;'],
      '}',
      ...http,
    ]),
    // a stream has no length that could be limited
    ...block('location @grpc', [
      `grpc_pass grpc://${to};`,
      'client_max_body_size 0;',
      ...forwarded('grpc'),
      ...times('grpc', timeout),
    ]),
  ];
}

/** Who asked, and for what. What a client says of that itself is not passed on. */
function forwarded(module: 'proxy' | 'grpc'): string[] {
  const headers = {
    Host: '$host',
    'X-Real-IP': '$remote_addr',
    'X-Forwarded-For': '$remote_addr',
    'X-Forwarded-Proto': '$scheme',
    'X-Forwarded-Host': '$host',
    'X-Forwarded-Port': '$server_port',
    Forwarded: '""',
  };
  return Object.entries(headers).map(([name, value]) => `${module}_set_header ${name} ${value};`);
}

function times(module: 'proxy' | 'grpc', timeout: number): string[] {
  return [
    `${module}_connect_timeout 5s;`,
    `${module}_read_timeout ${timeout}ms;`,
    `${module}_send_timeout ${timeout}ms;`,
  ];
}

function block(head: string, body: readonly Line[]): Line[] {
  return [`${head} {`, body, '}'];
}

function lines(...all: readonly Line[]): string {
  const indented = (line: Line, depth: number): string =>
    typeof line === 'string' ? `${'    '.repeat(depth)}${line}\n` : line.map(one => indented(one, depth + 1)).join('');
  return all.map(line => indented(line, 0)).join('');
}
