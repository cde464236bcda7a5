// The lab's network: one Linux bridge on the machine, and a network namespace per component that needs
// an address of its own. The machine reaches every component directly; nothing in the lab reaches further
// than the machine. addresses.mjs says which range it has.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { BRIDGE, labAddress } from './addresses.mjs';
import { withLock } from './lock.mjs';
import { labDir } from './paths.mjs';

const RULE = `pref 21 iif ${BRIDGE} unreachable`;

/** Runs `ip ARGS` and returns its output; throws with what ip said. Seconds at most. */
function ip(...args) {
  try {
    return execFileSync('ip', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 10_000 });
  } catch (cause) {
    const said = String(cause.stderr ?? '').trim() || cause.message;
    throw new Error(
      `lab network: \`ip ${args.join(' ')}\` failed: ${said}. The lab needs root and a kernel with bridges and network namespaces.`,
      { cause },
    );
  }
}
const json = (...args) => JSON.parse(ip('-j', ...args) || '[]');
const linkExists = name => existsSync(`/sys/class/net/${name}`);
const inNamespace = (netns, ...argv) =>
  spawnSync('nsenter', [`--net=/run/netns/${netns}`, ...argv], { encoding: 'utf8', timeout: 10_000 });

// Components come up in processes of their own, at the same time.
const locked = fn => withLock(labDir('locks', 'network'), 60_000, fn);

// An address always has the same MAC: with a new one after each boot, and a bridge that takes the lowest of its ports',
// the neighbours' ARP caches would send into nowhere for up to half a minute.
const mac = address =>
  ['02', '73', ...address.split('.').map(part => Number(part).toString(16).padStart(2, '0'))].join(':');

/** Makes the bridge if it is not there. Returns the machine's address on it. Idempotent. */
export const ensureBridge = () => locked(makeBridge);

async function makeBridge() {
  if (spawnSync('ip', ['-V']).error) await (await import('./apt.mjs')).ensurePackages(['iproute2']);
  const address = labAddress(1);
  if (!linkExists(BRIDGE)) ip('link', 'add', BRIDGE, 'type', 'bridge');
  ip('addr', 'replace', `${address}/24`, 'dev', BRIDGE);
  ip('link', 'set', BRIDGE, 'address', mac(address), 'up');
  refuseForwarding();
  return address;
}

// Packets from the lab are for the machine or for the lab. The rule comes after table "local", so only
// forwarding is refused, and it holds whatever ip_forward is or becomes.
function refuseForwarding() {
  writeFileSync(`/proc/sys/net/ipv4/conf/${BRIDGE}/forwarding`, '0');
  if (existsSync(`/proc/sys/net/ipv6/conf/${BRIDGE}`))
    writeFileSync(`/proc/sys/net/ipv6/conf/${BRIDGE}/disable_ipv6`, '1');
  if (!json('-4', 'rule').some(rule => rule.iif === BRIDGE)) ip('-4', 'rule', 'add', ...RULE.split(' '));
}

/** Gives the namespace `netns` the address on the bridge: lo, eth0, default route to the machine. Idempotent. */
export const attach = (netns, address) => locked(() => makeAttached(netns, address));

async function makeAttached(netns, address) {
  const gateway = await makeBridge();
  if (!address.startsWith(gateway.replace(/\d+$/, ''))) {
    throw new Error(
      `lab network: address ${address} is not in the lab's range ${gateway}/24; use labAddress(OCTET) of addresses.mjs.`,
    );
  }
  ensureNamespace(netns);
  const veth = `slw${address.split('.')[3]}`;
  if (!isAttached(netns, veth, address)) {
    if (linkExists(veth)) ip('link', 'del', veth); // half made, or of a namespace that is gone
    if (inNamespace(netns, 'ip', 'link', 'show', 'dev', 'eth0').status === 0) ip('-n', netns, 'link', 'del', 'eth0');
    ip('link', 'add', veth, 'type', 'veth', 'peer', 'name', 'eth0', 'address', mac(address), 'netns', netns);
    ip('-n', netns, 'addr', 'add', `${address}/24`, 'dev', 'eth0');
  }
  ip('link', 'set', veth, 'master', BRIDGE, 'up');
  ip('-n', netns, 'link', 'set', 'lo', 'up');
  ip('-n', netns, 'link', 'set', 'eth0', 'up');
  ip('-n', netns, 'route', 'replace', 'default', 'via', gateway);
}

function isAttached(netns, veth, address) {
  if (!linkExists(veth)) return false;
  const seen = inNamespace(netns, 'ip', '-j', '-4', 'addr', 'show', 'dev', 'eth0');
  return seen.status === 0 && seen.stdout.includes(`"local":"${address}"`);
}

// A file without a mounted namespace is what a machine restart or a kill at the wrong moment leaves.
function ensureNamespace(netns) {
  const file = `/run/netns/${netns}`;
  if (existsSync(file) && inNamespace(netns, 'true').status !== 0) rmSync(file, { force: true });
  if (!existsSync(file)) ip('netns', 'add', netns);
}

/** Removes the namespace and, with it, its link to the bridge. Nothing may run in it any more. Idempotent. */
export function detach(netns) {
  if (!existsSync(`/run/netns/${netns}`)) return;
  // The namespace outlives its name while something holds it; the link is taken away by itself.
  inNamespace(netns, 'ip', 'link', 'del', 'eth0');
  if (spawnSync('ip', ['netns', 'del', netns]).status !== 0) rmSync(`/run/netns/${netns}`, { force: true });
}

/** Removes the bridge, unless somebody is attached. Returns whether it is gone. */
export function removeBridge() {
  if (!linkExists(BRIDGE)) return true;
  if (readdirSync(`/sys/class/net/${BRIDGE}/brif`).length > 0) return false;
  if (json('-4', 'rule').some(rule => rule.iif === BRIDGE)) ip('-4', 'rule', 'del', ...RULE.split(' '));
  ip('link', 'del', BRIDGE);
  return true;
}
