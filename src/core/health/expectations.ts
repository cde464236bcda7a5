import { isDeepStrictEqual } from 'node:util';
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import type { HttpCheck } from './check.ts';
import { type Answer, bodyLimit } from './http.ts';
import { valueAt } from './json-path.ts';
import { matches } from './matches.ts';
import { ProbeFailure, retriableStatus } from './observation.ts';
import { formatStatus, hasStatus } from './status-set.ts';

/** Throws a ProbeFailure for the first thing about an answer that is not as the check wants it. Pure. */
export function expect(check: HttpCheck, answer: Answer): void {
  if (!hasStatus(check.status, answer.status)) {
    throw new ProbeFailure('status', `status ${answer.status} instead of ${formatStatus(check.status)}`, {
      retriable: retriableStatus(answer.status),
    });
  }
  expectHeaders(check, answer);
  const { contains, matches = [], lacks = [], json, foreign: wanted } = check;
  if ([contains, matches, lacks, json].every(list => list.length === 0) && wanted === undefined) return;
  const body = decoded(answer);
  expectTexts(check, body, answer.truncated);
  expectPatterns(check, body, 'the body', 'body');
  if (check.json.length > 0) expectValues(check, body, answer);
  const foreign = check.foreign?.(body);
  if (foreign !== undefined) throw new ProbeFailure('other-release', foreign);
}

function expectHeaders({ answerHeaders = {} }: HttpCheck, { headers }: Answer): void {
  for (const [name, pattern] of Object.entries(answerHeaders)) {
    const value = headers[name];
    if (value === undefined) throw new ProbeFailure('header', `the answer has no header ${name}`);
    if (![value].flat().some(one => matches(pattern, one))) {
      throw new ProbeFailure('header', `the header ${name} is ${shown(value)}, which does not match ${pattern}`);
    }
  }
}

/** What a text must match and must not. */
export function expectPatterns(
  wanted: { readonly matches?: readonly RegExp[]; readonly lacks?: readonly RegExp[] },
  text: string,
  what: string,
  reason: 'body' | 'output',
): void {
  const lacking = wanted.matches?.find(pattern => !matches(pattern, text));
  if (lacking !== undefined) throw new ProbeFailure(reason, `${what} does not match ${lacking}`);
  const found = wanted.lacks?.find(pattern => matches(pattern, text));
  if (found !== undefined) throw new ProbeFailure(reason, `${what} matches ${found}`);
}

function expectTexts(check: HttpCheck, body: string, truncated: boolean): void {
  const lacking = check.contains.find(text => !body.includes(text));
  if (lacking === undefined) return;
  const where = truncated ? `the first ${bodyLimit / 1024 / 1024} MiB of the body` : 'the body';
  throw new ProbeFailure('body', `${where} does not contain ${JSON.stringify(lacking)}`);
}

function expectValues(check: HttpCheck, body: string, answer: Answer): void {
  if (answer.truncated) throw new ProbeFailure('body', `the body is larger than ${bodyLimit / 1024 / 1024} MiB`);
  let document: unknown;
  try {
    document = JSON.parse(body);
  } catch {
    const type = answer.headers['content-type'] ?? 'none';
    throw new ProbeFailure('json', `the body is not JSON (content-type: ${type})`);
  }
  for (const { path, equals } of check.json) {
    const { found, value } = valueAt(document, path);
    if (!found) throw new ProbeFailure('json', `the body has nothing at ${path.text}`);
    if (!isDeepStrictEqual(value, equals)) {
      throw new ProbeFailure('json', `${path.text} is ${shown(value)} instead of ${shown(equals)}`);
    }
  }
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'undefined';
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
}

/** Servers that compress although nobody asked for it are understood; what swells over the limit is refused. */
function decoded(answer: Answer): string {
  const encoding = answer.headers['content-encoding'];
  if (encoding === undefined || encoding === 'identity' || answer.body.length === 0)
    return answer.body.toString('utf8');
  const decode = { gzip: gunzipSync, 'x-gzip': gunzipSync, deflate: inflateSync, br: brotliDecompressSync }[
    String(encoding)
  ];
  if (decode === undefined) throw new ProbeFailure('body', `the body's content-encoding is ${encoding}`);
  try {
    return decode(answer.body, { maxOutputLength: bodyLimit }).toString('utf8');
  } catch (error) {
    const large = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    const why = large ? `unpacks to more than ${bodyLimit / 1024 / 1024} MiB` : `cannot be unpacked (${encoding})`;
    throw new ProbeFailure('body', `the body ${why}`, { cause: error });
  }
}
