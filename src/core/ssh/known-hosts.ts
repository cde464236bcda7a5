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
  readonly revoked: boolean;
}

/**
 * Reads known_hosts text, hashed names included. Lines that cannot be used (`@cert-authority`: host certificates are not
 * supported; anything malformed) are errors that name the line, since silently skipping them would look like "unknown host".
 */
export function parseKnownHosts(text: string): KnownHost[] {
  const hosts: KnownHost[] = [];
  text.split(/\r?\n/).forEach((raw, index) => {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) return;
    const words = line.split(/\s+/);
    const marker = words[0]!.startsWith('@') ? words.shift() : undefined;
    const [names, type, base64] = words;
    if (marker === '@cert-authority') throw invalid(index, 'host certificates (@cert-authority) are not supported');
    if (marker !== undefined && marker !== '@revoked') throw invalid(index, `unknown marker ${marker}`);
    if (names === undefined || type === undefined || base64 === undefined)
      throw invalid(index, 'it is not "NAMES TYPE KEY"');
    const blob = Buffer.from(base64, 'base64');
    if (typeOf(blob) !== type) throw invalid(index, `its key is not a ${type} key, or is cut`);
    hosts.push({ patterns: names.split(','), type, blob, revoked: marker === '@revoked' });
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

/** The lines that speak of this host and port. */
export function linesFor(known: readonly KnownHost[], host: string, port: number): KnownHost[] {
  const bracketed = `[${host.toLowerCase()}]:${port}`;
  const names = port === 22 ? [host.toLowerCase(), bracketed] : [bracketed];
  return known.filter(line => names.some(name => matches(line.patterns, name)));
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
