// What the parts of the cluster agree on: names, addresses, where things lie.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { labAddress } from '../addresses.mjs';
import { cacheRoot, labDir } from '../paths.mjs';

/** The versions of everything that runs in the cluster, and the checksums of what is not checked otherwise. */
export const versions = JSON.parse(readFileSync(new URL('versions.json', import.meta.url), 'utf8'));

// The machine's second cluster (cluster2.mjs) is made by the same modules, in a process with this variable.
const NUMBER = process.env.SLIPWAY_LAB_CLUSTER ?? '';

/** The cluster's name: of its context, its network, its authority. */
export const NAME = `slipway-lab${NUMBER}`;
/** Which component of the lab it is. */
export const COMPONENT = `cluster${NUMBER}`;
/** The name in its kubeconfig of a user: files of both clusters can be read as one. */
export const userName = name => `${name}${NUMBER}`;
/** The name of one of its daemons: `etcd` is `cluster-etcd`. */
export const daemonName = program => `${COMPONENT}-${program}`;

/** The network namespace that control plane, node and gateway share. */
export const NETNS = `slipway-k8s${NUMBER}`;
/** The name of the one node. */
export const NODE = 'node1';

export const SERVICE_CIDR = '10.96.0.0/16';
export const SERVICE_IP = '10.96.0.1';
export const POD_CIDR = '10.244.0.0/24';

/** The node's address in the lab. */
export const nodeAddress = () => labAddress(NUMBER === '' ? 10 : 11);
/** URL of the API server. */
export const server = () => `https://${nodeAddress()}:6443`;
/** address:port of the Gateway API data plane. */
export const gatewayAddress = () => `${nodeAddress()}:8000`;
/** host:port of the lab's registry, which the node pulls from over plain HTTP. */
export const registryHost = () => `${labAddress(1)}:5000`;

/** A path under CACHE/lab/cluster (or cluster2), which down() removes. */
export const clusterDir = (...parts) => labDir(COMPONENT, ...parts);
/** A path under CACHE/kubernetes, which stays: programs, custom resource definitions. */
export const keptDir = (...parts) => join(cacheRoot(), 'kubernetes', ...parts);
/** Sockets and the container runtime's volatile state; a short path, since a socket's may have 107 bytes. */
export const RUNTIME = `/run/slipway-${COMPONENT}`;
export const CONTAINERD_SOCKET = `${RUNTIME}/containerd.sock`;
/** The control group that holds every pod of the lab, and nothing else. */
export const CGROUP = NAME;

/** The daemons, in the order in which they start. */
export const DAEMONS = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'containerd',
  'kubelet',
  'kube-proxy',
  'traefik',
].map(daemonName);

/** The machine's architecture as Go and the releases name it. */
export const ARCH = { x64: 'amd64' }[process.arch] ?? process.arch;
