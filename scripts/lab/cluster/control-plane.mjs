// etcd, API server, controllers, scheduler.
import { startDaemon, waitUntil } from '../process.mjs';
import { read, waitForApi } from './api.mjs';
import { kubeconfigPath } from './kubeconfig.mjs';
import { clusterDir, daemonName, NETNS, nodeAddress, SERVICE_CIDR } from './layout.mjs';
import { pkiPath } from './pki.mjs';

const ETCD = 'http://127.0.0.1:2379';

/** Starts what is not running and waits until the API server serves and the default service account is there. */
export async function startControlPlane(programs) {
  await startEtcd(programs);
  await startApiServer(programs);
  await waitForApi();
  await startDaemon(daemonName('kube-controller-manager'), controllerManager(programs), { netns: NETNS });
  await startDaemon(daemonName('kube-scheduler'), scheduler(programs), { netns: NETNS });
}

/** Pods are refused until the controllers have made it. */
export const waitForServiceAccount = () =>
  waitUntil(
    'waiting for the default service account',
    60_000,
    () => read('/api/v1/namespaces/default/serviceaccounts/default'),
    { daemon: daemonName('kube-controller-manager'), interval: 100 },
  );

// Only this namespace reaches its loopback. No fsync: the data may go with the machine, and disks differ.
// A slow heartbeat is enough for one member and leaves the processor alone.
const startEtcd = programs =>
  startDaemon(
    daemonName('etcd'),
    [
      programs.etcd,
      `--data-dir=${clusterDir('etcd')}`,
      `--listen-client-urls=${ETCD}`,
      `--advertise-client-urls=${ETCD}`,
      '--listen-peer-urls=http://127.0.0.1:2380',
      '--initial-advertise-peer-urls=http://127.0.0.1:2380',
      '--initial-cluster=default=http://127.0.0.1:2380',
      '--unsafe-no-fsync',
      '--heartbeat-interval=500',
      '--election-timeout=2500',
      '--log-level=warn',
    ],
    { netns: NETNS },
  );

/** Starts the API server unless it runs; does not wait for it. @param more flags */
export const startApiServer = (programs, more = []) =>
  startDaemon(
    daemonName('kube-apiserver'),
    [
      programs['kube-apiserver'],
      `--etcd-servers=${ETCD}`,
      '--bind-address=0.0.0.0',
      '--secure-port=6443',
      `--advertise-address=${nodeAddress()}`,
      `--service-cluster-ip-range=${SERVICE_CIDR}`,
      '--authorization-mode=Node,RBAC',
      '--enable-admission-plugins=NodeRestriction',
      `--client-ca-file=${pkiPath('ca.crt')}`,
      `--tls-cert-file=${pkiPath('apiserver.crt')}`,
      `--tls-private-key-file=${pkiPath('apiserver.key')}`,
      `--kubelet-client-certificate=${pkiPath('apiserver-kubelet-client.crt')}`,
      `--kubelet-client-key=${pkiPath('apiserver-kubelet-client.key')}`,
      `--kubelet-certificate-authority=${pkiPath('ca.crt')}`,
      '--kubelet-preferred-address-types=InternalIP',
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${pkiPath('sa.pub')}`,
      `--service-account-signing-key-file=${pkiPath('sa.key')}`,
      '--allow-privileged=true',
      '--profiling=false',
      ...more,
    ],
    { netns: NETNS },
  );

// One of each: electing a leader would only cost requests.
const asComponent = name =>
  ['kubeconfig', 'authentication-kubeconfig', 'authorization-kubeconfig']
    .map(flag => `--${flag}=${kubeconfigPath(name)}`)
    .concat('--leader-elect=false', '--bind-address=127.0.0.1', '--profiling=false');

const controllerManager = programs => [
  programs['kube-controller-manager'],
  ...asComponent('controller-manager'),
  `--service-account-private-key-file=${pkiPath('sa.key')}`,
  `--root-ca-file=${pkiPath('ca.crt')}`,
  `--cluster-signing-cert-file=${pkiPath('ca.crt')}`,
  `--cluster-signing-key-file=${pkiPath('ca.key')}`,
  '--use-service-account-credentials=true',
  '--allocate-node-cidrs=false',
];

const scheduler = programs => [programs['kube-scheduler'], ...asComponent('scheduler')];
