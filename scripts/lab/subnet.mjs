// Which documentation range (RFC 5737) the lab may use. A machine, often a virtual one, can itself sit in such
// a range: taking its gateway's address for the lab's bridge would cut it off.
const RANGES = ['192.0.2', '198.51.100', '203.0.113'];

const toNumber = (address) => address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);

/** Whether the network `cidr` ("10.0.0.0/8", or a plain address) and the /24 that begins with `prefix` share an address. */
export function overlaps(cidr, prefix) {
  const [address, length = '32'] = cidr.split('/');
  const bits = Math.min(Number(length), 24);
  const size = 2 ** (32 - bits);
  return Math.floor(toNumber(address) / size) === Math.floor(toNumber(`${prefix}.0`) / size);
}

/**
 * The first range that no address and no route of the machine touches.
 * @param {object[]} links what `ip -j -4 addr` prints, without the lab's own
 * @param {object[]} routes what `ip -j -4 route show table all` prints, without the lab's own
 * @returns {string} the first three octets
 */
export function chooseSubnet(links, routes) {
  const used = links.flatMap((link) => (link.addr_info ?? []).map((info) => `${info.local}/${info.prefixlen}`));
  for (const route of routes) {
    if (route.dst && route.dst !== 'default') used.push(route.dst);
    if (route.gateway) used.push(route.gateway);
  }
  const free = RANGES.find((prefix) => !used.some((cidr) => overlaps(cidr, prefix)));
  if (free) return free;
  throw new Error(`lab network: every documentation range (${RANGES.join('.0/24, ')}.0/24) is in use on this machine; free one of them (see \`ip -4 addr\` and \`ip -4 route\`).`);
}
