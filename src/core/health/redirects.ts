import { shownUrl } from './check.ts';
import type { Answer, Request } from './http.ts';
import { ProbeFailure } from './observation.ts';

/** Headers that are no secret of the first host and may go to another one. */
const portable = new Set(['accept', 'accept-language', 'content-type', 'user-agent']);

/**
 * The request that a redirect asks for, or undefined when the answer is none. A POST becomes a GET as in browsers
 * (303 always, 301 and 302 for POST). Credentials stay with the origin that they were given for: another scheme, host
 * or port gets only headers that are known to be harmless, and never a body.
 */
export function redirected(sent: Request, answer: Answer): Request | undefined {
  if (![301, 302, 303, 307, 308].includes(answer.status)) return undefined;
  const location = answer.headers['location'];
  if (typeof location !== 'string') return undefined;
  const url = URL.canParse(location, sent.url.href) ? new URL(location, sent.url) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new ProbeFailure('redirect', `redirected to ${JSON.stringify(location)}, which is no HTTP URL`, {
      retriable: false,
    });
  }
  const toGet = answer.status === 303 ? sent.method !== 'HEAD' : answer.status < 303 && sent.method === 'POST';
  const same = url.origin === sent.url.origin;
  const { body, ...rest } = sent;
  if (body !== undefined && !toGet && !same) {
    throw new ProbeFailure(
      'redirect',
      `redirected with its body to another host, ${shownUrl(url)}; it is not sent there`,
      {
        retriable: false,
      },
    );
  }
  if (same && url.username === '') {
    url.username = sent.url.username;
    url.password = sent.url.password;
  }
  const headers = Object.entries(sent.headers).filter(([name]) => {
    if (toGet && /^content-/.test(name)) return false;
    return same ? true : portable.has(name);
  });
  return {
    ...rest,
    url,
    method: toGet ? 'GET' : sent.method,
    headers: Object.fromEntries(headers),
    ...(toGet || body === undefined ? {} : { body }),
  };
}
