import { SlipwayError } from './errors.ts';

/** Series of Prometheus: `http_requests_total{code=~"5.."}`. */
export interface Selector {
  /** Empty where only matchers say which. */
  readonly metric: string;
  readonly matchers: readonly Matcher[];
}

export interface Matcher {
  readonly label: string;
  readonly operator: '=' | '!=' | '=~' | '!~';
  /** As the query has it, with its quotes. */
  readonly value: string;
}

const name = /^[a-zA-Z_:][a-zA-Z0-9_:]*/;
const matcher =
  /^\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`[^`]*`)\s*(,|$)/;

/**
 * Reads a selector, and nothing else of PromQL: counters are taken raw, pod by pod, and their differences are made here.
 * https://prometheus.io/docs/prometheus/latest/querying/basics/#instant-vector-selectors
 *
 * @throws SlipwayError METRICS_INVALID
 */
export function parseSelector(text: string): Selector {
  const trimmed = text.trim();
  const metric = name.exec(trimmed)?.[0] ?? '';
  const rest = trimmed.slice(metric.length).trim();
  if (rest === '' && metric !== '') return { metric, matchers: [] };
  if (!rest.startsWith('{') || !rest.endsWith('}')) throw notSelector(text);
  const matchers: Matcher[] = [];
  let left = rest.slice(1, -1);
  while (left.trim() !== '') {
    const found = matcher.exec(left);
    if (found === null) throw notSelector(text);
    matchers.push({ label: found[1]!, operator: found[2] as Matcher['operator'], value: found[3]! });
    left = left.slice(found[0].length);
  }
  if (metric === '' && matchers.length === 0) throw notSelector(text);
  return { metric, matchers };
}

function notSelector(text: string): SlipwayError {
  const functions = /\b(rate|irate|increase|sum|histogram_quantile|avg)\b/.exec(text)?.[1];
  const hint =
    functions === undefined
      ? 'Write a metric and its labels: http_requests_total{code=~"5.."}.'
      : `Write the counter itself, without ${functions}(): the differences are made here, pod by pod.`;
  return new SlipwayError('METRICS_INVALID', `"${text}" is no selector of series`, { hint });
}

/** The selector with further matchers, as a query. */
export function selectorText({ metric, matchers }: Selector, more: readonly Matcher[] = []): string {
  const all = [...matchers, ...more].map(({ label, operator, value }) => `${label}${operator}${value}`);
  return all.length === 0 ? metric : `${metric}{${all.join(',')}}`;
}

export const equals = (label: string, value: string): Matcher => ({
  label,
  operator: '=',
  value: JSON.stringify(value),
});

/** Names of pods have no other character that a regular expression would take for something than the dot. */
export const oneOf = (label: string, values: readonly string[]): Matcher => ({
  label,
  operator: '=~',
  value: JSON.stringify(values.map(value => value.replaceAll('.', '\\.')).join('|')),
});
