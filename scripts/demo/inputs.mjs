// What a user would write in a workflow, for each action of the demo.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { namespace } from './places.mjs';

const targets = ['linux/amd64', 'linux/arm64', 'linux/arm/v7', 'darwin/arm64', 'windows/amd64'];

export const buildInputs = version => ({
  'go-version-file': 'go.mod',
  targets: targets.join('\n'),
  version,
  'cache-dependency-path': 'go.mod',
});

export const imageInputs = (registry, version) => ({
  images: `${registry.host}/hello`,
  tags: version,
  insecure: registry.host,
});

export const deployHostInputs = host => ({
  hosts: `${host.user}@${host.address}:${host.port}`,
  'private-key': readFileSync(host.privateKey, 'utf8'),
  'known-hosts': readFileSync(host.knownHosts, 'utf8'),
  become: 'sudo-shell',
  service: 'hello',
  type: 'notify',
  'health-checks': 'http://127.0.0.1:8080/readyz 200 within 1s',
  'min-healthy-time': '2s',
  'healthy-deadline': '15s',
});

export const deployPodsInputs = (cluster, directory) => ({
  kubeconfig: readFileSync(cluster.kubeconfig, 'utf8'),
  namespace,
  manifests: ['deployment', 'service', 'gateway', 'httproute']
    .map(name => join(directory, 'kubernetes', `${name}.yaml`))
    .join('\n'),
  workload: 'deployment/hello',
  router: 'gateway',
  route: 'hello',
  steps: '0,50,100',
  'step-duration': '3s',
  'warm-up': '0s',
  'probe-rate': '100',
  probes: JSON.stringify([
    { url: `http://${cluster.gateway}/`, headers: { Host: 'hello.test' }, status: 200, within: '1s' },
  ]),
});

/** Health of both places, and identity: what runs is what was built. */
export function verifyInputs({ host, cluster }, mode, version) {
  return {
    mode,
    checks: [
      ...(host
        ? [
            `http://${host.address}:8080/readyz 200 within 1s`,
            `http://${host.address}:8080/version 200 contains ${version}`,
          ]
        : []),
      ...(cluster
        ? [
            `http://${cluster.nodeAddress}:30080/readyz 200 within 1s`,
            `http://${cluster.nodeAddress}:30080/version 200 contains ${version}`,
          ]
        : []),
    ].join('\n'),
    ...(host
      ? {
          'private-key': readFileSync(host.privateKey, 'utf8'),
          'known-hosts': readFileSync(host.knownHosts, 'utf8'),
          become: 'sudo-shell',
        }
      : {}),
    ...(cluster ? { kubeconfig: readFileSync(cluster.kubeconfig, 'utf8') } : {}),
    identity: 'proven',
    hold: '2s',
    deadline: '30s',
  };
}
