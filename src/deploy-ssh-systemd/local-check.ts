import type { Check } from '../core/health/index.ts';

/** The port on the host itself that a check asks; undefined where it asks something else. Pure. */
export function portAsked(check: Check): number | undefined {
  if (check.kind === 'http')
    return isHere(check.url.hostname) && check.url.port !== '' ? Number(check.url.port) : undefined;
  return 'port' in check && isHere(check.host) ? check.port : undefined;
}

/** The same check of another port. Pure. */
export function askingPort(check: Check, port: number): Check {
  if (check.kind !== 'http') return { ...check, port } as Check;
  const url = new URL(check.url);
  url.port = String(port);
  return { ...check, url };
}

function isHere(host: string): boolean {
  return ['127.0.0.1', 'localhost', '[::1]', '::1'].includes(host);
}
