import { parse as parseYaml } from 'yaml';
import { messageOf, SlipwayError } from '../errors.ts';
import { didYouMean } from '../suggest.ts';
import { parseDuration } from '../units.ts';
import type { Check, HttpCheck, JsonAssertion } from './check.ts';
import { parseJsonPath } from './json-path.ts';
import { located } from './located.ts';
import { httpCheck, methods, parseShortForm, tcpCheck } from './short-form.ts';
import { parseStatus } from './status-set.ts';

type Item = Record<string, unknown>;

const common = ['name', 'within'];
const httpKeys = ['url', 'method', 'headers', 'body', 'status', 'contains', 'json', 'redirects', 'insecure', ...common];
const tcpKeys = ['tcp', ...common];

/** A YAML list of checks; each item is a map (`url: …` or `tcp: …` and the rest) or a short form. */
export function parseYamlForm(text: string): Check[] {
  let data: unknown;
  try {
    data = parseYaml(text);
  } catch (error) {
    throw new SlipwayError('YAML_INVALID', `not valid YAML: ${messageOf(error).split('\n')[0]}`, { cause: error });
  }
  if (!Array.isArray(data)) fail('it is not a list of checks');
  return data.map((item, index) =>
    located(`checks[${index}]`, () => {
      if (typeof item === 'string') return parseShortForm(item);
      if (!isMap(item)) fail('it is neither a map nor a short form such as https://host/healthz 200');
      return checkOf(item);
    }),
  );
}

function checkOf(item: Item): Check {
  const isTcp = 'tcp' in item;
  if (isTcp === 'url' in item) fail('it needs either "url" or "tcp"');
  const known = isTcp ? tcpKeys : httpKeys;
  const unknown = Object.keys(item).find(key => !known.includes(key));
  if (unknown !== undefined) {
    fail(`unknown key "${unknown}"${didYouMean(unknown, known)}; allowed: ${known.join(', ')}`);
  }
  const shared = {
    ...optional('name', item['name'], text),
    ...optional('within', item['within'], (value, key) => parseDuration(text(value, key))),
  };
  if (isTcp) return tcpCheck(text(item['tcp'], 'tcp'), shared);
  const given: Partial<HttpCheck> = {
    ...shared,
    ...optional('method', item['method'], method),
    ...optional('headers', item['headers'], headers),
    ...optional('body', item['body'], body),
    ...optional('status', item['status'], (value, key) =>
      parseStatus((Array.isArray(value) ? value : [value]).map(one => text(one, key)).join(',')),
    ),
    ...optional('contains', item['contains'], (value, key) =>
      (Array.isArray(value) ? value : [value]).map(one => text(one, key)),
    ),
    ...optional('json', item['json'], assertions),
    ...optional('redirects', item['redirects'], count),
    ...optional('insecure', item['insecure'], flag),
  };
  // A map as body is sent as JSON, and says so.
  const json = isMap(item['body']) || Array.isArray(item['body']);
  const typed =
    json && !Object.hasOwn(given.headers ?? {}, 'content-type') ? { 'content-type': 'application/json' } : {};
  return httpCheck(text(item['url'], 'url'), { ...given, headers: { ...typed, ...given.headers } });
}

function optional<K extends string, T>(
  key: K,
  value: unknown,
  read: (value: unknown, key: string) => T,
): Partial<Record<K, T>> {
  return value === undefined || value === null ? {} : ({ [key]: read(value, key) } as Record<K, T>);
}

function text(value: unknown, key: string): string {
  if (typeof value === 'string' && value !== '') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return fail(`"${key}" is not text`);
}

function method(value: unknown): string {
  const found = methods.find(one => one === String(value).toUpperCase());
  return found ?? fail(`"method" is ${JSON.stringify(value)}; allowed: ${methods.join(', ')}`);
}

function headers(value: unknown): Record<string, string> {
  if (!isMap(value)) return fail('"headers" is not a map of names to values');
  return Object.fromEntries(
    Object.entries(value).map(([name, content]) => {
      if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) fail(`"${name}" is not the name of a header`);
      const line = text(content, `headers.${name}`);
      if (/[\u0000-\u0008\u000a-\u001f\u007f]|[^\u0000-\u00ff]/.test(line)) {
        fail(`the value of the header "${name}" holds a line end or a character that headers cannot carry`);
      }
      return [name.toLowerCase(), line];
    }),
  );
}

function body(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function assertions(value: unknown): JsonAssertion[] {
  if (!isMap(value)) return fail('"json" is not a map of paths to expected values, such as {$.status: ok}');
  return Object.entries(value).map(([path, equals]) => ({ path: parseJsonPath(path), equals }));
}

function count(value: unknown): number {
  if (Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 20) return Number(value);
  return fail(`"redirects" is ${JSON.stringify(value)}; allowed: a whole number from 0 to 20`);
}

function flag(value: unknown): boolean {
  return typeof value === 'boolean' ? value : fail(`"insecure" is ${JSON.stringify(value)}; allowed: true or false`);
}

function isMap(value: unknown): value is Item {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fail(message: string): never {
  throw new SlipwayError('CHECK_INVALID', message, {
    hint: 'A check has url (with method, headers, body, status, contains, json, redirects, insecure) or tcp, and name, within.',
  });
}
