import { isIP } from 'node:net';
import * as v from 'valibot';
import { SlipwayError } from '../../core/errors.ts';
import { type Value, yaml } from '../../core/values.ts';

/** Addresses that may reach a port: as the host's tools write them, `10.0.0.0/8`, `192.0.2.7`, `2001:db8::/32`. */
export interface Source {
  readonly family: 'ipv4' | 'ipv6';
  readonly address: string;
}

export interface Opening {
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
  /** Empty: anywhere. */
  readonly from: readonly Source[];
}

/** What the input says. */
export interface Firewall {
  /** Who may reach the port of `listen`; empty: anybody. */
  readonly from: readonly Source[];
  /** Other ports. */
  readonly ports: readonly Opening[];
  /** Nothing else comes in. */
  readonly defaultDeny: boolean;
}

const forms = '{from: SOURCES, ports: {PORT: SOURCES}, default-deny: true | false}';
const sources = v.union([v.string(), v.array(v.string())]);
const form = v.strictObject({
  from: v.optional(sources),
  ports: v.optional(v.record(v.string(), sources)),
  'default-deny': v.optional(v.boolean()),
});

export const firewall: Value<Firewall> = yaml(forms, { type: 'object' }, data => {
  const read = v.safeParse(form, data);
  if (!read.success) {
    const [issue] = read.issues;
    const where = v.getDotPath(issue);
    throw invalid(where === null ? `it is not ${forms}` : `${where}: ${issue.message}`);
  }
  const { from = 'anywhere', ports = {}, 'default-deny': defaultDeny = false } = read.output;
  const openings = Object.entries(ports).map(([port, who]) => ({ ...portOf(port), from: sourcesOf(who) }));
  return { from: sourcesOf(from), ports: openings, defaultDeny };
});

function portOf(text: string): Pick<Opening, 'port' | 'protocol'> {
  const [, digits = '', protocol = 'tcp'] = /^(\d{1,5})(?:\/(tcp|udp))?$/.exec(text) ?? [];
  const port = Number(digits);
  if (port < 1 || port > 65_535) throw invalid(`${JSON.stringify(text)} is no port, such as 443 or 53/udp`);
  return { port, protocol: protocol as 'tcp' | 'udp' };
}

function sourcesOf(given: string | readonly string[]): Source[] {
  const all = [given].flat();
  if (all.length === 0) throw invalid('a list of sources is empty: nobody could reach the port');
  if (all.includes('anywhere')) {
    if (all.length > 1) throw invalid('"anywhere" stands beside other sources');
    return [];
  }
  return all.map(sourceOf);
}

/** In the form in which ufw and nft show it again. */
function sourceOf(text: string): Source {
  const [address = '', prefix, ...rest] = text.split('/');
  const version = isIP(address);
  const bits = version === 4 ? 32 : 128;
  const length = prefix === undefined ? bits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
  if (version === 0 || address.includes('%') || rest.length > 0 || !(length >= 1 && length <= bits))
    throw invalid(`${JSON.stringify(text)} is no address or network, such as 192.0.2.7 or 10.0.0.0/8, nor "anywhere"`);
  const family = version === 4 ? 'ipv4' : 'ipv6';
  const written = version === 4 ? address : new URL(`http://[${address}]`).hostname.slice(1, -1);
  if (hasHostBits(written, family, length))
    throw invalid(`${JSON.stringify(text)} is an address within a network: write the network itself`);
  return { family, address: length === bits ? written : `${written}/${length}` };
}

function hasHostBits(address: string, family: Source['family'], length: number): boolean {
  const [words, width] = family === 'ipv4' ? [address.split('.').map(Number), 8] : [groupsOf(address), 16];
  const all = words.map(word => word.toString(2).padStart(width, '0')).join('');
  return all.slice(length).includes('1');
}

/** The eight groups of an address that the URL parser has written: no dots, `::` once at most. */
function groupsOf(address: string): number[] {
  const [head = [], tail = []] = address.split('::').map(part => part.split(':').filter(Boolean));
  const zeros = Array<string>(8 - head.length - tail.length).fill('0');
  return [...head, ...zeros, ...tail].map(group => Number.parseInt(group, 16));
}

function invalid(message: string): SlipwayError {
  return new SlipwayError('FIREWALL_INVALID', message);
}
