// The node's container runtime: a containerd of our own beside whatever else the machine runs.
import { existsSync, mkdirSync, statfsSync } from 'node:fs';
import { startDaemon, waitUntil } from '../process.mjs';
import { capture, run } from '../run.mjs';
import { writeJson, writePrivate } from './files.mjs';
import { CONTAINERD_SOCKET, clusterDir, daemonName, NAME, NETNS, POD_CIDR, RUNTIME, registryHost } from './layout.mjs';
import { cniFolder } from './packages.mjs';
import { ensurePauseArchive, PAUSE_IMAGE } from './pause.mjs';

const OVERLAYFS_MAGIC = 0x794c7630;
const SBIN = `${process.env.PATH}:/usr/local/sbin:/usr/sbin:/sbin`;

const ctr = (...args) => ['ctr', '--address', CONTAINERD_SOCKET, '--namespace', 'k8s.io', ...args];

/** Starts containerd unless it runs, waits for it, and sees to the pause image. */
export async function startContainerd() {
  const archive = await ensurePauseArchive();
  mkdirSync(RUNTIME, { recursive: true, mode: 0o700 });
  mkdirSync(clusterDir('containerd'), { recursive: true, mode: 0o700 });
  writeCni();
  allowPlainHttp(registryHost());
  writePrivate(clusterDir('containerd.toml'), config());
  const argv = ['containerd', '--config', clusterDir('containerd.toml')];
  await startDaemon(daemonName('containerd'), argv, { netns: NETNS, env: { PATH: SBIN } });
  await waitUntil('waiting for containerd', 30_000, answers, { daemon: daemonName('containerd'), interval: 100 });
  const names = (await run(ctr('images', 'list', '--quiet'))).split('\n');
  if (names.includes(PAUSE_IMAGE)) return;
  await run(ctr('images', 'import', archive));
  // The kubelet's clean-up of images leaves pinned ones alone.
  await run(ctr('images', 'label', PAUSE_IMAGE, 'io.cri-containerd.pinned=pinned'));
}

const answers = async () =>
  existsSync(CONTAINERD_SOCKET) && (await capture(ctr('version'), { timeout: 5_000 })).code === 0;

/** Lets the node pull from `host` ("address:port") over plain HTTP. Read at each pull: no restart is needed. */
export function allowPlainHttp(host) {
  const text = `server = "http://${host}"\n\n[host."http://${host}"]\n  capabilities = ["pull", "resolve"]\n`;
  writePrivate(clusterDir('certs.d', host, 'hosts.toml'), text);
}

function writeCni() {
  writeJson(clusterDir('cni', '10-bridge.conflist'), {
    cniVersion: '0.4.0',
    name: NAME,
    plugins: [
      {
        type: 'bridge',
        bridge: 'cni0',
        isGateway: true,
        // Within the node's namespace: pods leave it with the node's address, which the machine can answer.
        ipMasq: true,
        hairpinMode: true,
        ipam: {
          type: 'host-local',
          dataDir: clusterDir('cni-addresses'),
          ranges: [[{ subnet: POD_CIDR }]],
          routes: [{ dst: '0.0.0.0/0' }],
        },
      },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  });
}

// restrict_oom_score_adj: lowering a score needs a capability that containers and virtual machines often lack.
// netns_mounts_under_state_dir: so that what pods leave behind is recognisably ours.
function config() {
  const cri = '[plugins."io.containerd.grpc.v1.cri"';
  const overlay = statfsSync(clusterDir('containerd')).type === OVERLAYFS_MAGIC;
  return `version = 2
root = ${JSON.stringify(clusterDir('containerd'))}
state = "${RUNTIME}/containerd"
disabled_plugins = ["io.containerd.internal.v1.tracing", "io.containerd.tracing.processor.v1.otlp"]

[grpc]
  address = "${CONTAINERD_SOCKET}"

${cri}]
  sandbox_image = "${PAUSE_IMAGE}"
  disable_tcp_service = true
  restrict_oom_score_adj = true
  disable_apparmor = true
  disable_hugetlb_controller = true
  netns_mounts_under_state_dir = true

  ${cri}.cni]
    bin_dir = "${cniFolder()}"
    conf_dir = ${JSON.stringify(clusterDir('cni'))}

  ${cri}.containerd]
    snapshotter = "${overlay ? 'native' : 'overlayfs'}"
    default_runtime_name = "runc"

    ${cri}.containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"

      ${cri}.containerd.runtimes.runc.options]
        SystemdCgroup = false

  ${cri}.registry]
    config_path = ${JSON.stringify(clusterDir('certs.d'))}
`;
}
