import { isMap } from '../../is-map.ts';
import { type HttpCheck, type JsonAssertion, shownUrl } from '../check.ts';
import { parseJsonPath } from '../json-path.ts';
import { parseLoad } from '../load-form.ts';
import { parseStatus, success } from '../status-set.ts';
import type { Form } from './form.ts';
import { routeKeys, tlsKeys } from './network.ts';
import { count, fail, headerMap, headerValue, type Key, oneOf, patternOf, patterns, text, texts } from './readers.ts';
import { parseUrl, splitSocket } from './url.ts';

export const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

/** How many redirects are followed when nothing is said. */
const redirectLimit = 5;

/** `{$.status: ok}`; `$.status=ok` in a short form, where what is no JSON is a text. */
const json: Key<JsonAssertion[]> = {
  many: true,
  read: (value, key) => {
    if (isMap(value)) return Object.entries(value).map(([path, equals]) => ({ path: parseJsonPath(path), equals }));
    return texts.read(value, key).map(line => {
      const at = line.indexOf('=');
      if (at < 1) return fail('"json" is not a map of paths to expected values, such as {$.status: ok}');
      return { path: parseJsonPath(line.slice(0, at)), equals: jsonOr(line.slice(at + 1)) };
    });
  },
};

function jsonOr(raw: string): unknown {
  try {
    return JSON.parse(raw);
  } catch {
    return raw;
  }
}

export const http: Form = {
  word: 'url',
  example: 'https://host/healthz 200 within 300ms',
  keys: {
    method: oneOf(...methods),
    headers: headerMap(headerValue),
    body: { read: value => (typeof value === 'string' ? value : JSON.stringify(value)) },
    http: { read: (value, key) => oneOf('1.1', '2', 'auto').read(value, key) },
    status: { read: (value, key) => parseStatus(texts.read(value, key).join(',')) },
    contains: texts,
    matches: patterns,
    lacks: patterns,
    'answer-headers': headerMap(patternOf),
    json,
    redirects: count(0, 20),
    load: { read: (value, key) => parseLoad(text.read(value, key)) },
    ...tlsKeys,
    ...routeKeys,
  },
  make: (target, given, item) => {
    // A map as body is sent as JSON, and says so.
    const typed = typeof item['body'] === 'object' && !Object.hasOwn(given['headers'] ?? {}, 'content-type');
    const headers = { ...(typed ? { 'content-type': 'application/json' } : {}), ...given['headers'] };
    return httpCheck(text.read(target, 'url'), { ...given, headers });
  },
};

/** Fills in what a check leaves open. */
export function httpCheck(target: string, given: Partial<HttpCheck> = {}): HttpCheck {
  const { url, socket } = splitSocket(target);
  const parsed = parseUrl(url);
  const method = given.method ?? 'GET';
  const shown =
    socket === undefined
      ? shownUrl(parsed)
      : `${parsed.protocol}//unix:${socket}:${shownUrl(parsed).slice(parsed.origin.length)}`;
  return {
    kind: 'http',
    name: method === 'GET' ? shown : `${method} ${shown}`,
    url: parsed,
    method,
    headers: {},
    status: success,
    contains: [],
    json: [],
    redirects: redirectLimit,
    insecure: false,
    ...(socket === undefined ? {} : { socket }),
    ...given,
  };
}
