import type { Section } from '../../core/config-deployments.ts';
import { type Place, secretText } from '../../core/config-section.ts';
import { maskSecret } from '../../core/mask.ts';
import { isLoopback } from '../../core/registry/endpoint.ts';

/** Where mail is handed in, and for whom it is. */
export interface Mailbox {
  readonly to: readonly string[];
  readonly from: string;
  readonly host: string;
  readonly port: number;
  /** TLS from the beginning (`smtps`), by STARTTLS, without which nothing is sent, or none, to this machine only. */
  readonly tls: 'smtps' | 'starttls' | 'none';
  readonly login?: { readonly user: string; readonly pass: string };
}

export const mailKeys = ['from', 'server', 'username', 'password'];

/** One address, without a name: a list or a line end in it would make others of it. */
const address = /^[^\s@,;:<>"()[\]\\]+@[^\s@,;:<>"()[\]\\]+$/;

/** Reads an entry `email`. */
export async function readMailbox(
  entry: Section,
  place: Place,
  refuse: (why: string, key?: string) => never,
): Promise<Mailbox> {
  const to = [entry['email']].flat().map(String);
  const from = String(entry['from'] ?? '');
  for (const [key, one] of [...to.map(one => ['email', one] as const), ['from', from] as const])
    if (!address.test(one)) refuse(`${key}: ${JSON.stringify(one)} is no mail address such as ops@example.com`, key);
  const server = URL.parse(String(entry['server'] ?? ''));
  if (server === null || !/^smtps?:$/.test(server.protocol) || server.hostname === '')
    return refuse('server is no address such as smtps://smtp.example.com or smtp://smtp.example.com:587', 'server');
  const { hostname: host, protocol } = server;
  if (server.username !== '' || server.password !== '')
    refuse('a name or password in the address of the server is not used: they are username and password', 'server');
  const tls = protocol === 'smtps:' ? 'smtps' : isLoopback(host) ? 'none' : 'starttls';
  const port = Number(server.port || (tls === 'smtps' ? 465 : tls === 'none' ? 25 : 587));
  const login = await loginOf(entry, place, refuse);
  return { to, from, host, port, tls, ...(login === undefined ? {} : { login }) };
}

async function loginOf(entry: Section, place: Place, refuse: (why: string, key?: string) => never) {
  const { username, password } = entry;
  if (username === undefined && password === undefined) return undefined;
  if (username === undefined || password === undefined) refuse('username and password go together');
  const pass = (await secretText('password', password, place)).trim();
  maskSecret(pass);
  return { user: String(username), pass };
}
