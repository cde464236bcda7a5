import { SlipwayError } from '../../core/errors.ts';
import { formatHost } from '../../core/ssh/hosts.ts';
import type { Host } from '../hosts.ts';
import { balancerRole } from '../inventory.ts';
import type { LoadBalancer } from '../load-balancer.ts';
import type { Settings } from '../settings.ts';
import type { Listen } from '../values.ts';
import type { ProxySite } from './proxy.ts';

/** A site on hosts of their own, in front of all that are deployed to. */
export interface BalancedSite {
  readonly proxy: ProxySite;
  readonly on: readonly Host[];
  /** Port of the service on each of its hosts. */
  readonly port: number;
  /** `host:port` of all, whatever `limit` says. */
  readonly servers: readonly string[];
}

/**
 * Where hosts have the role lb, the site of the input `proxy` is theirs; else undefined. Pure.
 *
 * @param isWithout whether it is not in front of this one
 * @throws INPUT_INVALID
 */
export function balancedSite(
  all: readonly Host[],
  proxy: ProxySite | undefined,
  listen: Listen | undefined,
  given: LoadBalancer | undefined,
  isWithout: (host: Host) => boolean = () => false,
): BalancedSite | undefined {
  const on = all.filter(({ roles }) => roles.includes(balancerRole));
  const [first] = on;
  if (proxy === undefined || first === undefined) return undefined;
  if (given !== undefined)
    throw invalid(
      `${formatHost(first)} has the role lb: its site is what "load-balancer" would be`,
      'Leave load-balancer out.',
    );
  const port = proxy.to === undefined ? listen?.port : 'port' in proxy.to ? proxy.to.port : undefined;
  if (port === undefined)
    throw invalid(
      'a load balancer reaches the service by a port, and none is given',
      'Give "listen", or the port in proxy.',
    );
  if (proxy.to === undefined && listen?.loopback)
    throw invalid(
      'the service listens on a loopback address, where no load balancer reaches it',
      'Let it listen on another one.',
    );
  const others = all.filter(host => !on.includes(host) && !isWithout(host));
  return { proxy, on, port, servers: others.map(host => serverOf(host, port)) };
}

/** Those of these hosts that it is in front of. */
export function behind<T extends Pick<Host, 'host'>>({ servers, port }: BalancedSite, hosts: readonly T[]): T[] {
  return hosts.filter(host => servers.includes(serverOf(host, port)));
}

export function serverOf({ host }: Pick<Host, 'host'>, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Each host is taken out of it, as of any other file with an upstream. */
export function rotationOf({ port }: BalancedSite, service: string): LoadBalancer {
  const path = `/etc/nginx/conf.d/slipway-${service}.conf`;
  return { kind: 'nginx', hosts: [], path, server: `{host}:${port}`, unit: 'nginx', wait: 30_000 };
}

/** A role may let its hosts listen elsewhere; the site has one port for all. */
export function mustListenThere(host: Host, site: BalancedSite, { listen }: Settings): void {
  const { proxy, port } = site;
  if (behind(site, [host]).length > 0 && proxy.to === undefined && listen?.port !== port)
    throw invalid(
      `${formatHost(host)} listens on port ${listen?.port}, and the load balancer asks port ${port}`,
      'Let all listen on the same port.',
    );
}

function invalid(message: string, hint: string): SlipwayError {
  return new SlipwayError('INPUT_INVALID', `input "proxy": ${message}`, { hint: `Nothing was changed. ${hint}` });
}
