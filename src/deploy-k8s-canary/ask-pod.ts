import type { HttpCheck } from '../core/health/check.ts';
import { expect } from '../core/health/expectations.ts';
import { ProbeFailure } from '../core/health/observation.ts';
import { type Cluster, corePath } from '../core/kubernetes/index.ts';

/** Milliseconds. */
const podTimeout = 5000;

/**
 * One request to a pod through the API server's proxy; `within` is left out, since the way is longer than a user's.
 *
 * @returns undefined when nothing can be said of the pod: the API server was away, or the answer is a redirect
 */
export async function askPod(
  cluster: Cluster,
  check: HttpCheck,
  pod: string,
  port: number,
  signal: AbortSignal,
): Promise<{ failure: string | undefined; body: string } | undefined> {
  const path = `${corePath(cluster.namespace, 'pods', `${pod}:${port}`)}/proxy${check.url.pathname}${check.url.search}`;
  const { host: _, authorization: __, ...own } = check.headers; // both are the API server's on this way
  const headers = { accept: '*/*', ...own };
  const began = performance.now();
  try {
    const answer = await cluster.raw(check.method as 'GET', path, {
      headers,
      timeout: podTimeout,
      signal,
      ...(check.body === undefined ? {} : { body: check.body }),
    });
    if (answer.status >= 300 && answer.status < 400 && check.redirects > 0) return undefined;
    const refused = proxyError(answer.status, answer.body);
    if (refused !== undefined) return refused === '' ? undefined : { failure: refused, body: '' };
    return { failure: failureOf(check, answer), body: answer.body };
  } catch {
    // our own time was up: the pod is slow beyond any use; anything else is the way to the API server
    return performance.now() - began >= podTimeout - 100
      ? { failure: `no answer within ${podTimeout / 1000} s`, body: '' }
      : undefined;
  }
}

function failureOf(
  check: HttpCheck,
  answer: { status: number; headers: Readonly<Record<string, string | string[] | undefined>>; body: string },
): string | undefined {
  try {
    expect(check, { ...answer, body: Buffer.from(answer.body), truncated: false });
    return undefined;
  } catch (error) {
    if (error instanceof ProbeFailure) return error.message;
    throw error;
  }
}

/** What an API server says that has too much to do. https://github.com/kubernetes/kubernetes/blob/v1.34.0/staging/src/k8s.io/apiserver/pkg/server/filters/maxinflight.go */
const tooMany = 'Too many requests, please try again later.';

/** The API server's own word about a pod that it could not reach; an empty text when it speaks of itself. */
function proxyError(status: number, body: string): string | undefined {
  if (status === 429 && body.trim() === tooMany) return '';
  if (status < 400 || !body.startsWith('{"kind":"Status"')) return undefined;
  const { message = '' } = JSON.parse(body) as { message?: string };
  return /error trying to reach service/.test(message) ? message.replace(/^error trying to reach service: /, '') : '';
}
