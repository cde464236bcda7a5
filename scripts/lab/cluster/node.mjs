// The node: kubelet and kube-proxy, over containerd.
import { mkdirSync } from 'node:fs';
import { startDaemon, waitUntil } from '../process.mjs';
import { apply, read } from './api.mjs';
import { ensureCgroup } from './cgroup.mjs';
import { startContainerd } from './containerd.mjs';
import { writeJson } from './files.mjs';
import { kubeconfigPath } from './kubeconfig.mjs';
import { CGROUP, CONTAINERD_SOCKET, clusterDir, daemonName, NETNS, NODE, nodeAddress, POD_CIDR } from './layout.mjs';
import { pkiPath } from './pki.mjs';

const env = { PATH: `${process.env.PATH}:/usr/local/sbin:/usr/sbin:/sbin` };

/** Starts the container runtime; needs no API server, so it can go first. */
export const prepareNode = () => startContainerd();

/** Starts what is not running of the node. The API server must be there. */
export async function startNode(programs) {
  ensureCgroup();
  mkdirSync(clusterDir('kubelet'), { recursive: true, mode: 0o700 });
  writeJson(clusterDir('kubelet.json'), kubeletConfig());
  writeJson(clusterDir('kube-proxy.json'), proxyConfig());
  await startDaemon(
    daemonName('kubelet'),
    [
      programs.kubelet,
      `--config=${clusterDir('kubelet.json')}`,
      `--kubeconfig=${kubeconfigPath('kubelet')}`,
      `--root-dir=${clusterDir('kubelet')}`,
      `--hostname-override=${NODE}`,
      `--node-ip=${nodeAddress()}`,
      // How often containers are measured: seldom, since nobody here looks.
      '--housekeeping-interval=30s',
    ],
    { netns: NETNS, env },
  );
  await apply(
    '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/slipway-lab-proxy',
    JSON.stringify({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'slipway-lab-proxy' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'system:node-proxier' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'system:kube-proxy' }],
    }),
  );
  const proxy = [programs['kube-proxy'], `--config=${clusterDir('kube-proxy.json')}`];
  await startDaemon(daemonName('kube-proxy'), proxy, { netns: NETNS, env });
}

/** Waits until the node is Ready and pods can be scheduled on it. */
export const waitForNode = () =>
  waitUntil(`waiting for the node ${NODE} to be Ready`, 90_000, nodeReady, {
    daemon: daemonName('kubelet'),
    interval: 100,
  });

/** Whether the node is Ready and without the taints that a new node has. */
export async function nodeReady() {
  const node = await read(`/api/v1/nodes/${NODE}`);
  const ready = node?.status?.conditions?.some(one => one.type === 'Ready' && one.status === 'True') ?? false;
  return ready && !node.spec.taints?.length;
}

const kubeletConfig = () => ({
  apiVersion: 'kubelet.config.k8s.io/v1beta1',
  kind: 'KubeletConfiguration',
  authentication: {
    anonymous: { enabled: false },
    webhook: { enabled: true },
    x509: { clientCAFile: pkiPath('ca.crt') },
  },
  authorization: { mode: 'Webhook' },
  tlsCertFile: pkiPath('kubelet.crt'),
  tlsPrivateKeyFile: pkiPath('kubelet.key'),
  containerRuntimeEndpoint: `unix://${CONTAINERD_SOCKET}`,
  cgroupDriver: 'cgroupfs',
  cgroupRoot: `/${CGROUP}`,
  failCgroupV1: false,
  failSwapOn: false,
  clusterDNS: ['10.96.0.10'],
  clusterDomain: 'cluster.local',
  resolvConf: '',
  enforceNodeAllocatable: ['pods'],
  podLogsDir: clusterDir('pod-logs'),
  // Nothing is cleaned up behind a test's back, and a full disk of the machine is not the lab's matter.
  imageGCHighThresholdPercent: 100,
  imageGCLowThresholdPercent: 99,
  evictionHard: {
    'memory.available': '100Mi',
    'nodefs.available': '0%',
    'nodefs.inodesFree': '0%',
    'imagefs.available': '0%',
  },
  serializeImagePulls: false,
  registryPullQPS: 0,
  volumeStatsAggPeriod: '-1s',
  healthzBindAddress: '127.0.0.1',
});

const proxyConfig = () => ({
  apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
  kind: 'KubeProxyConfiguration',
  mode: 'iptables',
  hostnameOverride: NODE,
  clusterCIDR: POD_CIDR,
  clientConnection: { kubeconfig: kubeconfigPath('proxy') },
  // Limits of the whole machine: not ours to set.
  conntrack: { maxPerCore: 0, min: 0 },
  healthzBindAddress: '127.0.0.1:10256',
  metricsBindAddress: '127.0.0.1:10249',
  iptables: { minSyncPeriod: '0s', syncPeriod: '30s' },
});
