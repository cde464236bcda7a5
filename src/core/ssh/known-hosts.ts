import { createHmac } from 'node:crypto';
import { SlipwayError } from '../errors.ts';

/** A public host key: `blob` is the SSH wire form, `type` its first field. */
export interface HostKey {
  readonly type: string;
  readonly blob: Buffer;
}

/** One line of a known_hosts file (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"). */
export interface KnownHost extends HostKey {
  readonly patterns: readonly string[];
  readonly marker: '@revoked' | '@cert-authority' | undefined;
}

/**
 * Reads known_hosts text, hashed names included. What is malformed is an error that names the line, since silently
 * skipping it would look like "unknown host". Lines with @cert-authority are kept, so that an error can say why they do
 * not help: host certificates are not supported.
 */
export function parseKnownHosts(text: string): KnownHost[] {
  const hosts: KnownHost[] = [];
  text.split(/\r?\n/).forEach((raw, index) => {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) return;
    const words = line.split(/\s+/);
    const marker = words[0]!.startsWith('@') ? words.shift() : undefined;
    const [names, type, base64] = words;
    if (marker !== undefined && marker !== '@revoked' && marker !== '@cert-authority')
      throw invalid(index, `unknown marker ${marker}`);
    if (names === undefined || type === undefined || base64 === undefined)
      throw invalid(index, 'it is not "NAMES TYPE KEY"');
    const blob = Buffer.from(base64, 'base64');
    if (typeOf(blob) !== type) throw invalid(index, `its key is not a ${type} key, or is cut`);
    hosts.push({ patterns: names.split(','), type, blob, marker });
  });
  if (hosts.length === 0) throw new SlipwayError('KNOWN_HOSTS_INVALID', 'input "known-hosts" names no host', { hint });
  return hosts;
}

const hint = 'Give the lines that `ssh-keyscan -p PORT HOST` prints, after comparing them with the host’s own keys.';

function invalid(index: number, why: string): SlipwayError {
  return new SlipwayError('KNOWN_HOSTS_INVALID', `input "known-hosts", line ${index + 1}: ${why}`, { hint });
}

/** The type that stands in a key's wire form. */
export function typeOf(blob: Buffer): string {
  const length = blob.length >= 4 ? blob.readUInt32BE(0) : 0;
  return blob.toString('latin1', 4, 4 + Math.min(length, 64));
}

/**
 * The lines that speak of this host and port. As with OpenSSH a name without port stands for every port of the host that
 * has no line of its own; what is revoked is so on every port.
 */
export function linesFor(known: readonly KnownHost[], host: string, port: number): KnownHost[] {
  const name = host.toLowerCase();
  const exact = known.filter(line => matches(line.patterns, `[${name}]:${port}`));
  const bare = known.filter(line => matches(line.patterns, name) && !exact.includes(line));
  const hasOwn = port !== 22 && exact.some(line => line.marker === undefined);
  return [...exact, ...bare.filter(line => !hasOwn || line.marker === '@revoked')];
}

function matches(patterns: readonly string[], name: string): boolean {
  const hits = (pattern: string) => (pattern.startsWith('|1|') ? hashed(pattern, name) : glob(pattern).test(name));
  if (patterns.some(pattern => pattern.startsWith('!') && hits(pattern.slice(1)))) return false;
  return patterns.some(pattern => !pattern.startsWith('!') && hits(pattern));
}

function hashed(pattern: string, name: string): boolean {
  const [, , salt = '', hash = ''] = pattern.split('|');
  return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash;
}

function glob(pattern: string): RegExp {
  const escaped = pattern.toLowerCase().replaceAll(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`);
}
