import { deadline } from '../core/deadline.ts';
import type { SlipwayError } from '../core/errors.ts';
import { onAll } from './fleet.ts';
import { HaproxyServer } from './haproxy.ts';
import { HaproxyTimers } from './haproxy-timers.ts';
import { HostSession } from './host-session.ts';
import { NginxServer } from './nginx.ts';
import type { SeenInFront } from './proxy/look-in-front.ts';
import type { Settings } from './settings.ts';

/** Milliseconds for all questions; each of them has a deadline of its own that is shorter. */
const within = 60_000;

/**
 * Which of the hosts get requests, as the load balancers of the input `load-balancer` have them. A site of our own is looked at as
 * such, and commands cannot be asked.
 */
export async function lookAtBalancers(
  sessions: readonly HostSession[],
  settings: Settings,
  parent: AbortSignal,
): Promise<{ results: SeenInFront[]; errors: SlipwayError[] }> {
  const { loadBalancer: balancer, balancedSite } = settings;
  // a role may have none
  const balanced = sessions.filter(session => session.settings.loadBalancer !== undefined);
  if (balanced.length === 0) return { results: [], errors: [] };
  if (balancer === undefined || balancer.kind === 'command' || balancedSite !== undefined)
    return { results: [], errors: [] };
  await using stack = new AsyncDisposableStack();
  const hosts = balancer.hosts.map(host =>
    stack.use(new HostSession({ roles: [], labels: {}, ...host }, settings, parent)),
  );
  return await onAll(hosts, async host => {
    const timers = new HaproxyTimers(host);
    using signal = deadline(settings.connectTimeout + within, `looking at the load balancer ${host.place}`, parent);
    const servers = [];
    for (const session of balanced) {
      const server = balancer.server.replaceAll('{host}', session.host.host);
      const one =
        balancer.kind === 'nginx'
          ? new NginxServer(host, { ...balancer, server })
          : new HaproxyServer(host, balancer.socket, server, timers);
      servers.push(await one.seen(signal));
    }
    const words = servers.map(({ name, out }) => `${name}${out === undefined ? '' : ` (${out})`}`).join(', ');
    const isWrong = servers.every(({ out }) => out !== undefined);
    return { place: host.place, around: [{ words: `${balancer.kind}: in front of ${words}`, isWrong }] };
  });
}
