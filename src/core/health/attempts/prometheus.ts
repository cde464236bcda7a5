import type { HttpCheck, Limits, PrometheusCheck } from '../check.ts';
import { bodyLimit } from '../http.ts';
import { ProbeFailure, retriableStatus } from '../observation.ts';
import type { Trace } from '../trace.ts';
import type { AttemptOptions } from './attempt.ts';
import { follow } from './http.ts';

/** One instant query; every sample of its result must be within the limits, and there must be one. */
export async function prometheus(check: PrometheusCheck, options: AttemptOptions, trace: Trace): Promise<string> {
  return judgeSamples(await query(check.request, options, trace), check.limits);
}

/** The samples that a query gives. `request` is the POST that holds it. */
export async function query(request: HttpCheck, options: AttemptOptions, trace: Trace): Promise<Sample[]> {
  return samplesOf(await queryData(request, options, trace));
}

/** What a query gives, of any type of result. */
export async function queryData(request: HttpCheck, options: AttemptOptions, trace: Trace): Promise<Result['data']> {
  const answer = await follow(request, options, trace);
  const document = parsed(answer.body.toString('utf8'));
  if (answer.truncated) throw new ProbeFailure('query', `the result is larger than ${bodyLimit / 1024 / 1024} MiB`);
  if (document?.status !== 'success') {
    const said = document?.error === undefined ? `status ${answer.status}` : document.error;
    // 422: the query cannot be executed; 400: it cannot be parsed
    throw new ProbeFailure('query', `Prometheus refuses the query: ${said}`, {
      retriable: answer.status !== 200 && retriableStatus(answer.status),
    });
  }
  return document.data;
}

/** https://prometheus.io/docs/prometheus/latest/querying/api/#format-overview */
export interface Result {
  readonly status?: string;
  readonly error?: string;
  // biome-ignore lint/suspicious/noExplicitAny: four shapes, told apart by resultType
  readonly data?: any;
}

function parsed(body: string): Result | undefined {
  try {
    return JSON.parse(body) as Result;
  } catch {
    return undefined;
  }
}

export interface Sample {
  /** `{instance="a"}`; empty for a scalar. */
  readonly labels: string;
  readonly value: number;
}

/** https://prometheus.io/docs/prometheus/latest/querying/api/#expression-query-result-formats */
export function samplesOf(data: Result['data']): Sample[] {
  if (data?.resultType === 'scalar') return [{ labels: '', value: numberOf(data.result[1]) }];
  if (data?.resultType !== 'vector') {
    throw new ProbeFailure('query', `the result is a ${data?.resultType}; wanted: a vector or a scalar`, {
      retriable: false,
    });
  }
  return (data.result as { metric: Record<string, string>; value: [number, string] }[]).map(({ metric, value }) => {
    const labels = Object.entries(metric).map(([name, text]) => `${name}=${JSON.stringify(text)}`);
    return { labels: labels.length === 0 ? '' : `{${labels.join(', ')}}`, value: numberOf(value[1]) };
  });
}

export function numberOf(text: string): number {
  return text === '+Inf' ? Number.POSITIVE_INFINITY : text === '-Inf' ? Number.NEGATIVE_INFINITY : Number(text);
}

/** @throws ProbeFailure `no-data` without samples, `query` for the first that is beyond a limit; NaN is within none */
export function judgeSamples(samples: readonly Sample[], limits: Limits): string {
  if (samples.length === 0) throw new ProbeFailure('no-data', 'the query has no sample: nothing is shown by it');
  const beyond = samples.filter(({ value }) => !isWithin(value, limits));
  const wanted = limitsText(limits);
  if (beyond.length > 0) {
    const shown = beyond.slice(0, 3).map(({ labels, value }) => `${labels}${labels === '' ? '' : ' is '}${value}`);
    throw new ProbeFailure(
      'query',
      `${beyond.length} of ${samples.length} samples: ${shown.join('; ')}; wanted: ${wanted}`,
    );
  }
  const values = samples.map(({ value }) => value);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return `${least === most ? least : `${least} to ${most}`} in ${samples.length} samples, ${wanted}`;
}

function isWithin(value: number, { above, below, atLeast, atMost, equals }: Limits): boolean {
  return (
    !Number.isNaN(value) &&
    (above === undefined || value > above) &&
    (below === undefined || value < below) &&
    (atLeast === undefined || value >= atLeast) &&
    (atMost === undefined || value <= atMost) &&
    (equals === undefined || value === equals)
  );
}

const words = { above: 'above', below: 'below', atLeast: 'at least', atMost: 'at most', equals: 'equal to' } as const;

function limitsText(limits: Limits): string {
  return (Object.keys(words) as (keyof Limits)[])
    .filter(key => limits[key] !== undefined)
    .map(key => `${words[key]} ${limits[key]}`)
    .join(' and ');
}
