import { SlipwayError } from '../errors.ts';
import type { Pin } from './fingerprints.ts';

/** One host as an input names it. The user is always written: who deploys must not depend on who runs the runner. */
export interface HostSpec {
  readonly user: string;
  /** Name, IPv4 or IPv6 address (without brackets). */
  readonly host: string;
  readonly port: number;
  /** Pins of its own: then these alone tell it from another host. */
  readonly fingerprints?: readonly Pin[];
  /** The way to it, the first hop first, instead of that of all hosts; empty: directly. */
  readonly jumpHosts?: readonly HostSpec[];
}

const form = /^([A-Za-z_][A-Za-z0-9_.-]*\$?)@(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9][A-Za-z0-9._-]*))(?::(\d{1,5}))?$/;

/** `user@host`, `user@host:port`, `user@[2001:db8::1]:port`, one a line; port 22 where none is written. */
export function parseHosts(text: string | readonly string[]): HostSpec[] {
  const lines = (typeof text === 'string' ? text.split('\n') : text).map(line => line.trim());
  return onceEach(lines.filter(line => line !== '' && !line.startsWith('#')).map(parseHost));
}

export function parseHost(line: string): HostSpec {
  const match = form.exec(line);
  const port = Number(match?.[4] ?? 22);
  if (match === null || port < 1 || port > 65535) {
    throw new SlipwayError('HOST_INVALID', `"${line}" is not user@host or user@host:port`, {
      hint: 'Write the user in front: deploy@app1.example.com:22; IPv6 addresses stand in brackets.',
    });
  }
  return { user: match[1]!, host: match[2] ?? match[3]!, port };
}

/** The same hosts; one that is there twice is an error. */
export function onceEach<H extends HostSpec>(hosts: H[]): H[] {
  const names = hosts.map(formatHost);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return hosts;
  throw new SlipwayError('HOST_INVALID', `the host ${twice} is listed twice`, { hint: 'List each host once.' });
}

/** `user@host:port`: the place of a deployment in the record. */
export function formatHost({ user, host, port }: HostSpec): string {
  return `${user}@${host.includes(':') ? `[${host}]` : host}:${port}`;
}
