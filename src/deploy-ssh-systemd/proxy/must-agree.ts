import { SlipwayError } from '../../core/errors.ts';
import type { Settings } from '../settings.ts';

/**
 * Whether the site and the service go together.
 *
 * @throws INPUT_INVALID
 */
export function proxyMustAgree({ proxy, listen, ports }: Pick<Settings, 'proxy' | 'listen' | 'ports'>): void {
  if (proxy === undefined) return;
  if (proxy.to === undefined && listen === undefined && ports === undefined)
    throw invalid('it has neither port nor socket, and there is no "listen"', 'Say where the service is reached.');
  const own = proxy.tls === undefined ? [proxy.http] : [proxy.http, proxy.https];
  const port = proxy.to === undefined ? listen?.port : 'port' in proxy.to ? proxy.to.port : undefined;
  if (port !== undefined && own.includes(port))
    throw invalid(
      `nginx cannot listen on port ${port} and reach the service there`,
      'Let the service listen on another port.',
    );
}

function invalid(message: string, hint: string): SlipwayError {
  return new SlipwayError('INPUT_INVALID', `input "proxy": ${message}`, { hint: `Nothing was changed. ${hint}` });
}
