import { SlipwayError } from '../../core/errors.ts';
import { queryRequest } from '../../core/health/forms/remote.ts';
import { parseUrl } from '../../core/health/forms/url.ts';
import { maskSecret } from '../../core/mask.ts';

/** Where Prometheus is. */
export type Place =
  | { readonly kind: 'url'; readonly url: string }
  /** Through the API server, so that it need not be reachable from outside. */
  | { readonly kind: 'service'; readonly namespace: string; readonly service: string };

/** `https://prometheus.example.com`, or `service:monitoring/prometheus:9090`. */
export function parsePlace(text: string): Place {
  if (!text.startsWith('service:')) {
    queryRequest(parseUrl(text).href, ''); // refuses what is no HTTP URL
    return { kind: 'url', url: text };
  }
  const found = /^service:([a-z0-9-]+)\/((?:https?:)?[a-z0-9-]+:[a-z0-9-]+)$/.exec(text);
  if (found === null)
    throw new SlipwayError('PROMETHEUS_INVALID', `"${text}" is not service:NAMESPACE/NAME:PORT`, {
      hint: 'For example service:monitoring/prometheus-operated:9090.',
    });
  return { kind: 'service', namespace: found[1]!, service: found[2]! };
}

/** Headers of each query: lines of `Name: value`, and a token. Values are masked. */
export function headersOf(lines: readonly string[], token: string | undefined): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const found = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):\s*(\S.*)$/.exec(line);
    if (found === null)
      throw new SlipwayError('PROMETHEUS_INVALID', 'a line of prometheus-headers is not "Name: value"', {
        hint: 'Write one header a line, for example X-Scope-OrgID: team-a.',
      });
    maskSecret(found[2]!);
    headers[found[1]!.toLowerCase()] = found[2]!;
  }
  return token === undefined ? headers : { ...headers, authorization: `Bearer ${token}` };
}
