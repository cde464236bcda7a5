import { BlockList, isIP } from 'node:net';
import { SlipwayError } from '../errors.ts';
import { isDockerHub } from './reference.ts';

/** Which registries may be reached by plain HTTP: all (`true`), none (`false`), or those named (`HOST[:PORT]`). */
export type Insecure = boolean | readonly string[];

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8);
loopback.addAddress('::1', 'ipv6');
const linkLocal = new BlockList();
linkLocal.addSubnet('169.254.0.0', 16);
linkLocal.addSubnet('fe80::', 10, 'ipv6');

/** The origin of a registry's API. Plain HTTP only for this machine itself, as other clients do, and where allowed. */
export function originOf(host: string, insecure: Insecure): URL {
  const plain = isLoopback(new URL(`http://${host}`).hostname) || allows(insecure, host);
  return new URL(`${plain ? 'http' : 'https'}://${isDockerHub(host) ? 'registry-1.docker.io' : host}`);
}

function allows(insecure: Insecure, host: string): boolean {
  return typeof insecure === 'boolean' ? insecure : insecure.includes(host);
}

/**
 * Where a registry sends us: a `Location` (relative or absolute), or the realm of its token service. It may be another
 * origin, but never one less safe than the registry: no plain HTTP from HTTPS, and no address of this machine or of
 * its cloud's metadata service from a registry that is elsewhere (ggcr guards its uploads the same way).
 */
export function resolveLocation(location: string, from: URL): URL {
  const refuse = (why: string) =>
    new SlipwayError('REGISTRY_REDIRECT', `${from.host} points to ${JSON.stringify(shown(location, from))}: ${why}`, {
      hint: 'Check the configuration of the registry or of the proxy in front of it.',
    });
  if (location === '') throw refuse('that is not a URL');
  let url: URL;
  try {
    url = new URL(location, from);
  } catch {
    throw refuse('that is not a URL');
  }
  if (url.origin === from.origin) return url;
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw refuse('only http and https are followed');
  if (url.protocol === 'http:' && from.protocol === 'https:') throw refuse('that would leave HTTPS');
  if (url.username !== '' || url.password !== '') throw refuse('it carries credentials');
  if (isLoopback(url.hostname) && !isLoopback(from.hostname)) throw refuse('that is this machine itself');
  if (inside(linkLocal, url.hostname)) throw refuse('link-local addresses are not followed');
  return url;
}

/** Without its query, which may hold a signature. */
function shown(location: string, from: URL): string {
  const text = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  return text === undefined ? location.slice(0, 200) : `${text.origin}${text.pathname}`;
}

/** Whether a URL's hostname is this machine itself; `127.example.com` is not. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname.endsWith('.localhost') || inside(loopback, hostname);
}

function inside(list: BlockList, hostname: string): boolean {
  const address = hostname.replace(/^\[|\]$/g, '');
  const version = isIP(address);
  return version !== 0 && list.check(address, version === 6 ? 'ipv6' : 'ipv4');
}
