import { deadline } from '../../core/deadline.ts';
import { messageOf } from '../../core/errors.ts';
import { queryData, type Result } from '../../core/health/attempts/prometheus.ts';
import { queryRequest } from '../../core/health/forms/remote.ts';
import { ProbeFailure } from '../../core/health/observation.ts';
import { Trace } from '../../core/health/trace.ts';
import type { Cluster } from '../../core/kubernetes/index.ts';
import { type Series, seriesOf } from './series.ts';
import type { Place } from './source.ts';

/** Milliseconds. */
const queryTimeout = 10_000;

/** Asks one Prometheus. Queries throw when there is no answer, or none that says anything. */
export class Prometheus {
  readonly #place: Place;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #cluster: Cluster;

  constructor(place: Place, headers: Readonly<Record<string, string>>, cluster: Cluster) {
    this.#place = place;
    this.#headers = headers;
    this.#cluster = cluster;
  }

  /** What it is called in messages. */
  get name(): string {
    if (this.#place.kind === 'url') return new URL(this.#place.url).host;
    return `service ${this.#place.namespace}/${this.#place.service}`;
  }

  /** The raw samples of the last `seconds`, as they were scraped: what is stale has none. */
  async raw(selector: string, seconds: number, signal: AbortSignal): Promise<Series[]> {
    return seriesOf(await this.query(`${selector}[${Math.ceil(seconds)}s]`, signal));
  }

  async query(query: string, signal: AbortSignal): Promise<Result['data']> {
    using limited = deadline(queryTimeout, `asking Prometheus (${this.name})`, signal);
    try {
      return this.#place.kind === 'url'
        ? await this.#byUrl(this.#place.url, query, limited)
        : await this.#byService(this.#place, query, limited);
    } catch (error) {
      signal.throwIfAborted();
      const said = limited.aborted ? `no answer within ${queryTimeout / 1000} s` : messageOf(error);
      throw new ProbeFailure('query', `Prometheus (${this.name}): ${said}`);
    }
  }

  #byUrl(url: string, query: string, signal: AbortSignal): Promise<Result['data']> {
    const base = queryRequest(url, query);
    // a redirect would carry the token elsewhere, or lose the query
    const request = { ...base, redirects: 0, headers: { ...base.headers, ...this.#headers } };
    return queryData(request, { signal }, new Trace());
  }

  /** As GET: its right is `get services/proxy`, as one would expect of reading. */
  async #byService(
    { namespace, service }: Place & { kind: 'service' },
    query: string,
    signal: AbortSignal,
  ): Promise<Result['data']> {
    const path = `/api/v1/namespaces/${namespace}/services/${service}/proxy/api/v1/query?query=${encodeURIComponent(query)}`;
    const { authorization: _, ...headers } = this.#headers; // on this way it is the API server's
    const { status, body } = await this.#cluster.raw('GET', path, { headers, timeout: queryTimeout, signal });
    return dataOf(status, body);
  }
}

/** @throws Error with what was answered instead */
function dataOf(status: number, body: string): Result['data'] {
  let document: (Result & { readonly message?: string }) | undefined;
  try {
    document = JSON.parse(body);
  } catch {
    document = undefined;
  }
  if (document?.status === 'success') return document.data;
  throw new Error(`status ${status}: ${document?.error ?? document?.message ?? body.slice(0, 200)}`);
}
