import type { Route } from '../core/health/check.ts';
import type { Check } from '../core/health/index.ts';

const secretHeader = /auth|cookie|token|secret|key|password|session/i;
/** `"password": "…"`, `token=…`, `Bearer …`: what services tell about themselves by mistake. */
const said =
  /((?:["']?[\w-]*(?:password|passwd|secret|token|api[_-]?key|authorization|credential)[\w-]*["']?\s*[:=]\s*)(?:bearer |basic )?["']?)([^\s"',;&<>}]{3,})/gi;
/** User and password in a URL. */
const inUrl = /(\w:\/\/)[^/\s@]+:[^/\s@]+@/g;
const bearer = /\b(bearer|basic) [\w.~+/=-]{8,}/gi;

/** The values in checks that are secrets: headers that carry credentials, passwords and tokens in URLs. */
export function secretsOf(checks: readonly Check[]): string[] {
  const found = checks.flatMap(check => {
    const http = check.kind === 'http' ? check : check.kind === 'prometheus' ? check.request : undefined;
    const sent = check.kind === 'grpc' ? check.metadata : (http?.headers ?? {});
    const headers = Object.entries(sent).filter(([name]) => secretHeader.test(name));
    const parameters = [...(http?.url.searchParams ?? [])].filter(([name]) => secretHeader.test(name));
    const values = [...headers, ...parameters].map(([, value]) => value);
    const bare = values.map(value => value.replace(/^(bearer|basic|token) /i, ''));
    const route: Route = http ?? ('host' in check ? check : {});
    const proxy = route.proxy instanceof URL ? route.proxy.password : '';
    return [...values, ...bare, decodeURIComponent(http?.url.password ?? ''), decodeURIComponent(proxy)];
  });
  return [...new Set(found)].filter(value => value.length > 3).sort((a, b) => b.length - a.length);
}

/**
 * Text for logs, summaries and records: known secrets and what looks like one become `***`, and `##[`, which a runner
 * takes for a command wherever it stands in a line, is broken up.
 */
export function redactor(secrets: readonly string[]): (text: string) => string {
  return text => {
    const known = secrets.reduce((rest, secret) => rest.replaceAll(secret, '***'), text);
    return known.replace(inUrl, '$1***@').replace(bearer, '$1 ***').replace(said, '$1***').replaceAll('##[', '## [');
  };
}

/** What others said, on one line: a line that begins with `::` would be a command to the runner. */
export function oneLine(text: string): string {
  return text.replaceAll(/\s*[\r\n\u2028\u2029]+\s*/g, ' ').trim();
}
