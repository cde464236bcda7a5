// Where the lab's private network lies.
//
// The prefix is 192.0.2.0/24 (RFC 5737, TEST-NET-1), unless the machine itself lives there: some virtual machines
// have their own address and their gateway in it, and a bridge that claimed 192.0.2.1 would then cut the machine off
// its network. In that case the next documentation prefix is taken. A bridge that is already up decides.
import { networkInterfaces } from 'node:os';

/** The name of the lab's bridge on the machine. */
export const BRIDGE = 'slipway0';

const PREFIXES = ['192.0.2', '198.51.100', '203.0.113'];

/**
 * The first three numbers of the lab's /24, e.g. "192.0.2".
 * Pure in its argument (the shape of os.networkInterfaces()); throws when every prefix is in use.
 */
export function labPrefix(interfaces = networkInterfaces()) {
  const prefixOf = address => address.split('.').slice(0, 3).join('.');
  const used = new Set();
  for (const [name, addresses] of Object.entries(interfaces)) {
    for (const { family, address } of addresses ?? []) {
      if (family !== 'IPv4') continue;
      if (name === BRIDGE && PREFIXES.includes(prefixOf(address))) return prefixOf(address);
      used.add(prefixOf(address));
    }
  }
  const free = PREFIXES.find(prefix => !used.has(prefix));
  if (!free)
    throw new Error(
      `no free network for the lab: the machine has addresses in ${PREFIXES.map(p => `${p}.0/24`).join(', ')}`,
    );
  return free;
}

/** The address in the lab with this last number, e.g. labAddress(21) is "192.0.2.21". */
export const labAddress = number => `${labPrefix()}.${number}`;
