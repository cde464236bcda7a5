import { SlipwayError } from '../errors.ts';
import { parseDuration } from '../units.ts';
import { type Check, type HttpCheck, hostPort, shownUrl } from './check.ts';
import { parseStatus, success } from './status-set.ts';

export const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** How many redirects are followed when nothing is said. */
export const redirectLimit = 5;

const grammar =
  'Write `[METHOD] URL [STATUS] [contains "TEXT"] [within DURATION]` or `tcp HOST:PORT [within DURATION]`, e.g. https://host/healthz 200 within 300ms.';

/** `https://host/healthz 200 within 300ms`, `POST http://host/x 2xx contains "ok"`, `tcp host:5432 within 1s`. */
export function parseShortForm(line: string): Check {
  const words = [...line.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map(match => ({
    text: match[2] ?? match[1]!.replace(/\\(.)/g, '$1'),
    quoted: match[2] === undefined,
  }));
  const take = () => words.shift()?.text;
  const wanted = (what: string) => take() ?? fail(`"${line}" ends after "${what}"`);
  const method = methods.includes(words[0]?.text ?? '') ? take()! : undefined;
  const target = wanted(method ?? 'nothing');
  const contains: string[] = [];
  let status: string | undefined;
  let within: { within: number } | undefined;
  const isTcp = target === 'tcp' && method === undefined;
  const place = isTcp ? wanted('tcp') : target;
  while (words.length > 0) {
    const { text, quoted } = words.shift()!;
    if (text === 'within' && !quoted) within = { within: parseDuration(wanted('within')) };
    else if (text === 'contains' && !quoted && !isTcp) contains.push(wanted('contains'));
    else if (/^[1-5][\dx]/i.test(text) && !quoted && !isTcp && status === undefined) status = text;
    else fail(`"${text}" is not understood in "${line}"`);
  }
  if (isTcp) return tcpCheck(place, within ?? {});
  return httpCheck(place, {
    method: method ?? 'GET',
    contains,
    ...(status === undefined ? {} : { status: parseStatus(status) }),
    ...within,
  });
}

function fail(message: string): never {
  throw new SlipwayError('CHECK_INVALID', message, { hint: grammar });
}

/** Fills in what a check leaves open. */
export function httpCheck(url: string, given: Partial<HttpCheck> = {}): HttpCheck {
  const parsed = parseUrl(url);
  const method = given.method ?? 'GET';
  return {
    kind: 'http',
    name: method === 'GET' ? shownUrl(parsed) : `${method} ${shownUrl(parsed)}`,
    url: parsed,
    method,
    headers: {},
    status: success,
    contains: [],
    json: [],
    redirects: redirectLimit,
    insecure: false,
    ...given,
  };
}

/** `host:port`, `[::1]:port`. */
export function tcpCheck(place: string, given: { name?: string; within?: number } = {}): Check {
  const match = /^(?:\[([^\]]+)\]|([^:[\]/\s]+)):(\d{1,5})$/.exec(place);
  const port = Number(match?.[3]);
  if (match === null || port < 1 || port > 65_535) fail(`"${place}" is not HOST:PORT with a port from 1 to 65535`);
  const host = (match[1] ?? match[2])!;
  return { kind: 'tcp', name: `tcp ${hostPort(host, port)}`, host, port, ...given };
}

/** An http or https URL; what it holds of user and password never reaches an error. */
export function parseUrl(text: string): URL {
  const shown = text.replace(/\/\/[^/@\s]*@/, '//***@');
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new SlipwayError('URL_INVALID', `"${shown}" is not an http:// or https:// URL`, { hint: grammar });
  }
  try {
    decodeURIComponent(url.username + url.password);
  } catch {
    throw new SlipwayError('URL_INVALID', `user or password in "${shown}" has a % that begins no code`, {
      hint: 'Write a % in them as %25.',
    });
  }
  url.hash = '';
  return url;
}
