// A real Kubernetes of one node on this machine: control plane, container runtime, network, Gateway API.
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { apiReady, waitForApi } from './cluster/api.mjs';
import { ensureBinaries, findBinaries } from './cluster/binaries.mjs';
import { startApiServer, startControlPlane, waitForServiceAccount } from './cluster/control-plane.mjs';
import { writeJson } from './cluster/files.mjs';
import { startGateway } from './cluster/gateway.mjs';
import { kubeconfigPath, writeKubeconfigs } from './cluster/kubeconfig.mjs';
import {
  COMPONENT,
  clusterDir,
  DAEMONS,
  daemonName,
  gatewayAddress,
  NETNS,
  nodeAddress,
  server,
} from './cluster/layout.mjs';
import { nodeReady, prepareNode, startNode, waitForNode } from './cluster/node.mjs';
import { otherOwner, recordOwner } from './cluster/owner.mjs';
import { ensureNodePackages } from './cluster/packages.mjs';
import { ensurePki } from './cluster/pki.mjs';
import { foundState, recordState } from './cluster/state.mjs';
import { teardown } from './cluster/teardown.mjs';
import { withLock } from './lock.mjs';
import { Missing } from './missing.mjs';
import { attach } from './network.mjs';
import { labDir } from './paths.mjs';
import { alive, daemonPid, stopDaemon } from './process.mjs';
import { run } from './run.mjs';

export { allowPlainHttp } from './cluster/containerd.mjs';

const locked = fn => withLock(labDir('locks', COMPONENT), 900_000, fn);

/**
 * Where the cluster is or will be: { kubeconfig, server, nodeAddress, gateway, kubectl }. NodePorts are reached at
 * nodeAddress, HTTPRoutes of the GatewayClass "traefik" (listener port 8000) at gateway.
 */
export const describe = () => ({
  kubeconfig: kubeconfigPath('admin'),
  server: server(),
  nodeAddress: nodeAddress(),
  gateway: gatewayAddress(),
  kubectl: findBinaries().kubectl,
});

/**
 * Makes sure that the cluster runs, its node is Ready and (unless `gateway` is false) the Gateway API is served;
 * resolves with describe(). What an earlier run left half done or a fault has ended is made whole. Throws Missing.
 */
export async function up({ gateway = true, progress = () => {} } = {}) {
  if (process.platform !== 'linux') throw new Missing('Kubernetes', 'this machine is not Linux', 'use a Linux machine');
  if (process.getuid() !== 0) throw new Missing('Kubernetes', 'not root', 'run it again as root (sudo)');
  return locked(async () => {
    const programs = await ensureBinaries(progress);
    await ensureNodePackages();
    refuseOther();
    if (foundState() === 'stale') {
      progress(`${COMPONENT}: removing what an earlier run left behind`);
      await teardown();
    }
    await start(programs, gateway, progress);
    return describe();
  });
}

function refuseOther() {
  const other = otherOwner();
  if (!other) return;
  throw new Error(
    `starting the cluster: the one of ${other} runs on this machine, and there can be one; use that (SLIPWAY_CACHE=${dirname(other)}), or end it: SLIPWAY_CACHE=${dirname(other)} npm run lab -- down ${COMPONENT}`,
  );
}

async function start(programs, gateway, progress) {
  if (!DAEMONS.every(alive)) progress(`${COMPONENT}: starting at ${server()}`);
  recordState();
  recordOwner();
  await attach(NETNS, nodeAddress());
  await allowForwardingInside();
  await ensurePki();
  writeKubeconfigs();
  await Promise.all([startControlPlane(programs), prepareNode()]);
  await startNode(programs);
  if (gateway) await startGateway(programs);
  await Promise.all([waitForServiceAccount(), waitForNode()]);
}

// Between pods and node, within the namespace; what leaves it is the machine's to refuse, and it does.
async function allowForwardingInside() {
  const script = `
    echo 1 > /proc/sys/net/ipv4/ip_forward
    file=/proc/sys/net/bridge/bridge-nf-call-iptables
    [ ! -e $file ] || echo 1 > $file`;
  await run(['nsenter', `--net=/run/netns/${NETNS}`, 'sh', '-c', script]);
}

/** Ends the cluster and removes everything of it but its programs; not one of another cache folder. Idempotent. */
export const down = () =>
  locked(async () => {
    if (process.getuid() !== 0 || otherOwner()) return;
    await teardown();
  });

/** describe() and { running, daemons: { NAME: pid | undefined } }. */
export async function status() {
  const daemons = Object.fromEntries(DAEMONS.map(name => [name.replace(daemonName(''), ''), daemonPid(name)]));
  const running = alive(daemonName('kube-apiserver')) && (await apiReady()) && (await nodeReady());
  return { ...describe(), running, daemons };
}

/**
 * For tests of faults: the API server dies at once (SIGKILL), stays away for `outage` ms, and is started again;
 * resolves when it is ready.
 *
 * @param jwt issuers whose tokens it trusts until the next restart, as in an AuthenticationConfiguration
 */
export const restartApiServer = ({ outage = 0, jwt } = {}) =>
  locked(async () => {
    await stopDaemon(daemonName('kube-apiserver'), { signal: 'SIGKILL' });
    await sleep(outage);
    await startApiServer(findBinaries(), jwt === undefined ? [] : trusting(jwt));
    await waitForApi();
  });

/** https://kubernetes.io/docs/reference/access-authn-authz/authentication/#using-authentication-configuration */
function trusting(jwt) {
  const path = clusterDir('authentication.json');
  writeJson(path, { apiVersion: 'apiserver.config.k8s.io/v1', kind: 'AuthenticationConfiguration', jwt });
  return [`--authentication-config=${path}`];
}
