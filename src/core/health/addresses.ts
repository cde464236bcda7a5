import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { ProbeFailure } from './observation.ts';

export interface Address {
  readonly address: string;
  readonly family: 4 | 6;
}

/**
 * Every address of a host, IPv6 and IPv4 in turn, beginning with the family that the system prefers (RFC 8305).
 * `localhost` is both loopback addresses whatever the resolver says (RFC 6761): a server may listen on ::1 only.
 */
export async function resolveHost(host: string): Promise<Address[]> {
  const family = isIP(host.replace(/%.*$/, ''));
  if (family !== 0) return [{ address: host, family: family as 4 | 6 }];
  if (/^(.+\.)?localhost\.?$/i.test(host)) {
    return [
      { address: '127.0.0.1', family: 4 },
      { address: '::1', family: 6 },
    ];
  }
  try {
    const found = (await lookup(host, { all: true, order: 'verbatim' })) as Address[];
    const unique = [...new Map(found.map(one => [one.address, one])).values()];
    const first = unique.filter(one => one.family === unique[0]?.family);
    const other = unique.filter(one => one.family !== unique[0]?.family);
    return first.flatMap((one, i) => (other[i] ? [one, other[i]] : [one])).concat(other.slice(first.length));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const why = code === 'ENOTFOUND' ? 'has no address' : `cannot be resolved: ${code}`;
    throw new ProbeFailure('dns', `the name ${host} ${why}`, { cause: error });
  }
}

const notPublic = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const) {
  notPublic.addSubnet(network, prefix, 'ipv4');
}
for (const [network, prefix] of [
  ['::', 128],
  ['::1', 128],
  ['64:ff9b:1::', 48],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const) {
  notPublic.addSubnet(network, prefix, 'ipv6');
}

/**
 * Whether an address lies inside somebody's own network: loopback, private, link-local (where clouds serve
 * credentials), carrier-grade NAT, multicast, reserved. An IPv4 address inside an IPv6 one (mapped, NAT64, 6to4) counts
 * as what it stands for.
 */
export function isPrivateAddress({ address, family }: Address): boolean {
  if (family === 4) return notPublic.check(address, 'ipv4');
  const plain = address.replace(/%.*$/, '');
  const inner = embeddedIPv4(plain);
  return notPublic.check(plain, 'ipv6') || (inner !== undefined && notPublic.check(inner, 'ipv4'));
}

/** The IPv4 address inside ::ffff:a.b.c.d, 64:ff9b::a.b.c.d or 2002:aabb:ccdd::, in whatever way it is written. */
function embeddedIPv4(address: string): string | undefined {
  // The URL parser writes every IPv6 address in one form: hexadecimal groups, longest run of zeros shortened.
  const [head = '', tail = ''] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':').map(group => Number.parseInt(group, 16)));
  const [before, after] = [groups(head), groups(tail)];
  const all = [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
  const quad = (high: number, low: number) => [high >> 8, high & 255, low >> 8, low & 255].join('.');
  const prefix = all.slice(0, 6).join();
  const mapped =
    prefix === '0,0,0,0,0,65535' || prefix === '0,0,0,0,0,0' || prefix === [0x64, 0xff9b, 0, 0, 0, 0].join();
  if (mapped) return quad(all[6]!, all[7]!);
  return all[0] === 0x2002 ? quad(all[1]!, all[2]!) : undefined;
}
