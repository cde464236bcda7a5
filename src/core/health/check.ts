import type { JsonPath } from './json-path.ts';
import type { StatusSet } from './status-set.ts';

/** What every kind of check has. */
interface CommonCheck {
  /** Shown in logs, tables and the record; without credentials. */
  readonly name: string;
  /** Milliseconds from the start of an attempt to the end of its answer; more is the failure `slow`. */
  readonly within?: number;
}

/** One HTTP/1.1 request, its redirects followed, and what the answer must be. */
export interface HttpCheck extends CommonCheck {
  readonly kind: 'http';
  readonly url: URL;
  readonly method: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly status: StatusSet;
  /** Texts that the body must hold. */
  readonly contains: readonly string[];
  /** Values that the body, as JSON, must have at these paths. */
  readonly json: readonly JsonAssertion[];
  /** How many redirects are followed at the most. */
  readonly redirects: number;
  /** Accepts any certificate; what it was is still observed. */
  readonly insecure: boolean;
  /** Says of a good answer's body why it is another release's, in one line; undefined when it is ours. */
  readonly foreign?: (body: string) => string | undefined;
}

export interface JsonAssertion {
  readonly path: JsonPath;
  /** Compared as JSON: same type, same value. */
  readonly equals: unknown;
}

/** A TCP connection that is accepted. */
export interface TcpCheck extends CommonCheck {
  readonly kind: 'tcp';
  readonly host: string;
  readonly port: number;
}

export type Check = HttpCheck | TcpCheck;

const secretParameter = /token|secret|passw|signature|credential|^(api[-_]?)?key$|^sig$/i;

/** The URL as it may be shown: without user and password, and without the values of parameters that sound secret. */
export function shownUrl(url: URL): string {
  const secrets = [...url.searchParams.keys()].filter(name => secretParameter.test(name));
  if (url.username === '' && url.password === '' && secrets.length === 0) return url.href;
  const shown = new URL(url);
  shown.username = '';
  shown.password = '';
  for (const name of secrets) shown.searchParams.set(name, '***');
  return shown.href;
}

/** `host:port`, an IPv6 address in brackets. */
export function hostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** The host of a URL without the brackets of an IPv6 address. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

export function portOf(url: URL): number {
  return url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
}
