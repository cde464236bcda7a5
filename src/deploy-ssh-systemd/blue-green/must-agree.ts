import { SlipwayError } from '../../core/errors.ts';
import type { Settings } from '../settings.ts';

/**
 * Whether there can be two instances of the service, and something in front that leads to one of them.
 *
 * @throws INPUT_INVALID
 */
export function coloursMustAgree(settings: Settings): void {
  const { pace, ports, proxy, balancedSite, restartMethod } = settings;
  if (pace.strategy !== 'blue-green') {
    if (ports === undefined) return;
    throw invalid('input "ports" is for `strategy: blue-green` only', 'Give `listen` instead, or that strategy.');
  }
  if (ports === undefined)
    throw invalid('"strategy" is blue-green, and there are no "ports"', 'Give two, such as `ports: 8081, 8082`.');
  if (restartMethod === 'socket')
    throw invalid(
      '"strategy" is blue-green, and "restart-method" is socket: both instances would take requests from that one socket, also the one that nobody has tried yet',
      'Leave restart-method out, and give `proxy`.',
    );
  if (balancedSite !== undefined)
    throw invalid(
      '"strategy" is blue-green, and "proxy" is the site of the hosts with the role lb, which leads to one port of every host',
      'Take rolling: each host is taken out of that site while it is changed. Or leave the role lb out.',
    );
  if (proxy === undefined)
    throw invalid(
      '"strategy" is blue-green, and there is no "proxy" on the host that could lead to one instance or the other',
      'Give `proxy: {names: [HOST]}`.',
    );
  const beyond = whatNoColourHas(settings);
  if (beyond.length > 0)
    throw invalid(`"strategy" is blue-green, which has no ${beyond.join(', ')}`, 'Leave these out, or take rolling.');
  const own = proxy.tls === undefined ? [proxy.http] : [proxy.http, proxy.https];
  const both = ports.find(port => own.includes(port));
  if (both !== undefined)
    throw invalid(`nginx cannot listen on port ${both} and reach the service there`, 'Give other `ports`.');
}

/** What is of one unit, one port, or another layout. */
function whatNoColourHas(settings: Settings): string[] {
  const { restartMethod, way, timer, container, layout, listen, proxy, logs, loadBalancer } = settings;
  const given = {
    [`restart-method: ${restartMethod}`]: restartMethod !== 'restart',
    'reload-signal': restartMethod === 'restart' && way !== 'restart',
    timer: timer !== undefined,
    'runtime: compose': container?.compose !== undefined,
    [`layout: ${layout}`]: layout !== 'systemd',
    'listen (`ports` say it)': listen !== undefined,
    'port or socket in proxy': proxy?.to !== undefined,
    'port for grpc in proxy': typeof proxy?.grpc === 'number',
    'rotate in logs': logs?.rotate !== undefined,
    'load-balancer': loadBalancer !== undefined,
  };
  return Object.entries(given).flatMap(([name, is]) => (is ? [name] : []));
}

function invalid(message: string, hint: string): SlipwayError {
  return new SlipwayError('INPUT_INVALID', message, { hint: `Nothing was changed. ${hint}` });
}
