import { retry } from '../deadline.ts';
import { SlipwayError, wrap } from '../errors.ts';
import { retryAfter } from '../retry-after.ts';
import { ApiError } from './api-error.ts';
import type { PatchOperation } from './apply.ts';
import { chooseContext, kubeconfigSources } from './kubeconfig.ts';
import type { KubeObject } from './objects.ts';
import { mayRetry } from './retriable.ts';
import { readBody, type Send, transport } from './transport.ts';
import { type WatchOptions, watchList } from './watch.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Content types of PATCH. https://kubernetes.io/docs/reference/using-api/api-concepts/#patch-and-apply */
export const contentTypes = {
  apply: 'application/apply-patch+yaml',
  jsonPatch: 'application/json-patch+json',
  mergePatch: 'application/merge-patch+json',
} as const;

export interface RequestOptions {
  readonly body?: unknown;
  /** Default: application/json. */
  readonly contentType?: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds for all tries together; 60 s outlives a restart of the API server. */
  readonly within?: number;
  /** A POST that creates nothing (access reviews) may be sent twice. */
  readonly harmless?: boolean;
  /** Awaited before each try; when it throws, nothing is sent. */
  readonly before?: (signal: AbortSignal) => Promise<void>;
}

/** An answer passed through from a pod or a service by the API server's proxy. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** Changes an object as {@link patchObject} does, by another way. */
export type Change = (
  plan: (object: KubeObject) => readonly PatchOperation[] | undefined,
  signal?: AbortSignal,
) => Promise<KubeObject>;

/** One cluster, seen through one context: raw JSON in, raw JSON out, so that no unknown field is ever lost. */
export interface Cluster {
  readonly contextName: string;
  readonly namespace: string;
  /** URL of the API server. */
  readonly server: string;
  /**
   * Sends one request and parses the answer. Tried again after connection failures, 429, 500, 502, 503 and 504 where
   * that cannot do a thing twice, not before the time that Retry-After asks for; other answers are thrown as {@link ApiError}.
   */
  // biome-ignore lint/suspicious/noExplicitAny: raw JSON of the API; callers name the shape
  request<T = any>(method: Method, path: string, options?: RequestOptions): Promise<T>;
  /** One answer as text, whatever its status; not tried again (logs, proxied probes). */
  raw(
    method: Method,
    path: string,
    options: { headers?: Record<string, string>; body?: string; timeout: number; signal?: AbortSignal | undefined },
  ): Promise<Answer>;
  /** Follows a list until `seen` gives a value; see {@link watchList}. */
  watch<T>(path: string, options: WatchOptions<T>): Promise<T>;
  /** How objects are changed that are not written to by requests (`mode: render`); undefined for all others. */
  readonly change?: (path: string) => Change | undefined;
  /** Closes the kept connections. */
  close(): void;
}

export interface ConnectOptions {
  /** Text of a kubeconfig; default: the files that KUBECONFIG names. */
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  readonly namespace?: string | undefined;
  readonly env?: NodeJS.ProcessEnv;
}

const attemptTimeout = 20_000;

/** Reads the kubeconfig and prepares the connection; nothing is sent before the first request. */
export async function connectCluster(options: ConnectOptions): Promise<Cluster> {
  const access = chooseContext(
    await kubeconfigSources(options.kubeconfig, options.env ?? process.env),
    options.context,
  );
  const send = await transport(access);
  const cluster: Cluster = {
    contextName: access.contextName,
    namespace: options.namespace ?? access.namespace,
    server: access.cluster.server,
    request: (method, path, request = {}) => requestJson(send, access.cluster.server, method, path, request),
    raw: async (method, path, { headers = {}, body, timeout, signal }) => {
      const answer = await send({ method, path, headers, timeout, signal, ...(body === undefined ? {} : { body }) });
      return { status: answer.statusCode ?? 0, headers: answer.headers, body: await readBody(answer, timeout, signal) };
    },
    watch: (path, watch) => watchList(cluster, send, path, watch),
    close: () => send[Symbol.dispose](),
  };
  return cluster;
}

async function requestJson<T>(
  send: Send,
  server: string,
  method: Method,
  path: string,
  options: RequestOptions,
): Promise<T> {
  const { body, contentType = 'application/json', query = {}, signal, within = 60_000, harmless, before } = options;
  const target = withQuery(path, query);
  const doing = `${method} ${path}`;
  let renew = false;
  const once = async (limited: AbortSignal): Promise<T> => {
    await before?.(limited);
    const answer = await send({
      method,
      path: target,
      timeout: attemptTimeout,
      signal: limited,
      renew,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': contentType } }),
    });
    const text = await readBody(answer, attemptTimeout, limited);
    const status = answer.statusCode ?? 0;
    if (status >= 400 || status < 200) {
      const again = status === 401 && !renew;
      renew = status === 401;
      const wait = retryAfter(answer.headers['retry-after'], Date.now());
      throw Object.assign(new ApiError(doing, status, text, wait), { again });
    }
    return (text === '' ? undefined : parseAnswer(text)) as T;
  };
  try {
    return await retry(once, {
      doing,
      signal: signal ?? new AbortController().signal,
      attempts: 30,
      within,
      pause: 300,
      retriable: error => mayRetry(error, method, harmless === true),
      wait: error => (error instanceof ApiError ? error.wait : 0),
    });
  } catch (error) {
    const answer = error instanceof SlipwayError ? error.cause : undefined;
    // a final answer to a later try is as good as to the first: callers tell 404, 409 and 422 apart
    if (answer instanceof ApiError && !mayRetry(answer, method, harmless === true)) throw answer;
    if (error instanceof SlipwayError || signal?.aborted) throw error;
    throw wrap(
      'KUBE_UNREACHABLE',
      `${doing} at ${server}`,
      error,
      'See that the runner reaches the API server and that its certificate fits the kubeconfig.',
    );
  }
}

/** JSON that stops in the middle was cut by something that closed the connection as if it were whole; a page of HTML never was any. */
function parseAnswer(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    if (!text.startsWith('{')) throw new Error(`the answer is not JSON: ${text.trim().slice(0, 80)}`, { cause });
    throw Object.assign(new Error('the API server’s answer ended early', { cause }), { code: 'ECONNRESET' });
  }
}

/** Appends query parameters; undefined ones are left out. */
export function withQuery(
  path: string,
  query: Readonly<Record<string, string | number | boolean | undefined>>,
): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) parameters.set(name, String(value));
  return parameters.size === 0 ? path : `${path}?${parameters}`;
}

export type { KubeObject };
