import type { Check } from '../core/health/index.ts';

const secretHeader = /auth|cookie|token|secret|key|password|session/i;
/** `"password": "…"`, `token=…`, `Bearer …`: what services tell about themselves by mistake. */
const said =
  /((?:["']?[\w-]*(?:password|passwd|secret|token|api[_-]?key|authorization|credential)[\w-]*["']?\s*[:=]\s*)(?:bearer |basic )?["']?)([^\s"',;&<>}]{3,})/gi;
const bearer = /\b(bearer|basic) [\w.~+/=-]{8,}/gi;

/** The values in checks that are secrets: headers that carry credentials, passwords and tokens in URLs. */
export function secretsOf(checks: readonly Check[]): string[] {
  const found = checks.flatMap(check => {
    if (check.kind !== 'http') return [];
    const headers = Object.entries(check.headers).filter(([name]) => secretHeader.test(name));
    const parameters = [...check.url.searchParams].filter(([name]) => secretHeader.test(name));
    const values = [...headers, ...parameters].map(([, value]) => value);
    const bare = values.map(value => value.replace(/^(bearer|basic|token) /i, ''));
    return [...values, ...bare, decodeURIComponent(check.url.password)];
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
    return known.replace(bearer, '$1 ***').replace(said, '$1***').replaceAll('##[', '## [');
  };
}

/** What others said, on one line: a line that begins with `::` would be a command to the runner. */
export function oneLine(text: string): string {
  return text.replaceAll(/\s*[\r\n\u2028\u2029]+\s*/g, ' ').trim();
}
