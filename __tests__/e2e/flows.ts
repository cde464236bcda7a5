import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { LabCluster, LabHost, LabRegistry } from '../integration/lab.ts';
import { command, repositoryOf, root } from './support.ts';

/** Where the second repository's releases go. */
export interface Places {
  readonly registry: LabRegistry;
  readonly host: LabHost;
  readonly cluster: LabCluster;
  readonly namespace: string;
  readonly service: string;
  readonly hostPort: number;
  readonly nodePort: number;
}

export const onHost = ({ host, hostPort }: Places) => `http://${host.address}:${hostPort}`;
export const onNode = ({ cluster, nodePort }: Places) => `http://${cluster.nodeAddress}:${nodePort}`;

/**
 * A repository of somebody else: the example service, its slipway.yml with a host for staging and a cluster for
 * production, and the callers that examples/workflows shows. Approvals are stubbed by the input that is there for it.
 */
export async function secondRepository(folder: string, places: Places): Promise<string> {
  const callers = ['release', 'preview', 'deploy', 'promote', 'audit'].map(async name => {
    const text = await readFile(join(root, 'examples', 'workflows', `${name}.yml`), 'utf8');
    const called = text
      .replace('    with:\n', '    with:\n      github-environment: none\n')
      .replace('    with: {', '    with: { github-environment: none,')
      // The lab's registry speaks plain HTTP.
      .replace(
        'release.yml@v1\n    secrets',
        `release.yml@v1\n    with: { insecure-registries: "${places.registry.host}" }\n    secrets`,
      );
    return [`.github/workflows/${name}.yml`, () => called] as const;
  });
  const slipway = await slipwayOf(places);
  await repositoryOf('hello', folder, 'v1.0.0', {
    ...Object.fromEntries(await Promise.all(callers)),
    'slipway.yml': () => slipway,
    'kubernetes/service.yaml': text => text.replace(/nodePort: \d+/, `nodePort: ${places.nodePort}`),
    // Its pods need not be waited for when they stop: nobody else sends requests.
    'kubernetes/deployment.yaml': text => text.replace(/(DRAIN_DELAY\s+value:) 3s/, '$1 500ms'),
  });
  await command(['git', 'remote', 'add', 'origin', 'https://github.com/acme/hello'], { cwd: folder });
  return folder;
}

async function slipwayOf(places: Places): Promise<string> {
  const { registry, host, namespace, service, hostPort } = places;
  const access = {
    'known-hosts': await readFile(host.knownHosts, 'utf8'),
    'private-key': { env: 'SSH_PRIVATE_KEY' },
  };
  const kubeconfig = { env: 'KUBECONFIG_TEXT' };
  const verify = { hold: '1s', deadline: '30s' };
  return stringify({
    records: 'oci',
    build: { targets: ['linux/amd64', 'linux/arm64'] },
    image: { images: `${registry.host}/e2e-flows/${namespace}`, insecure: registry.host, provenance: true },
    environments: {
      staging: {
        deploy: [
          {
            kind: 'deploy-ssh-systemd',
            name: 'hosts',
            hosts: `${host.user}@${host.address}:${host.port}`,
            ...access,
            service,
            environment: { HELLO_LISTEN: `:${hostPort}` },
            'health-checks': `http://127.0.0.1:${hostPort}/readyz 200 within 1s`,
            'min-healthy-time': '1s',
            'healthy-deadline': '20s',
          },
        ],
        verify: { checks: `${onHost(places)}/readyz 200 within 1s`, ...access, ...verify },
      },
      production: {
        require: ['tagged', 'clean', 'provenance', 'health-gate', { 'verified-in': 'staging' }],
        deploy: [
          {
            kind: 'deploy-k8s-canary',
            name: 'cluster',
            kubeconfig,
            namespace,
            manifests: ['kubernetes/deployment.yaml', 'kubernetes/service.yaml'],
            workload: 'deployment/hello',
            probes: `${onNode(places)}/ 200 within 1s`,
            steps: [0, 50, 100],
            'step-duration': '2s',
            'warm-up': '0s',
          },
        ],
        verify: { checks: `${onNode(places)}/readyz 200 within 1s`, kubeconfig, ...verify },
      },
    },
  });
}

/** The commit of a repository's HEAD. */
export async function headOf(repository: string): Promise<string> {
  return (await command(['git', 'rev-parse', 'HEAD'], { cwd: repository })).trim();
}

/** Commits a change of one file, and tags it. */
export async function commit(repository: string, version: string, path: string, change: (text: string) => string) {
  const text = await readFile(join(repository, path), 'utf8');
  await writeFile(join(repository, path), change(text));
  const git = ['git', '-c', 'user.name=e2e', '-c', 'user.email=e2e@example.com'];
  await command([...git, 'commit', '-q', '-m', version, path], { cwd: repository });
  await command([...git, 'tag', version], { cwd: repository });
}

/** Ends what a runner has started below a folder, at once, as when the machine goes: nothing is cleaned up. */
export async function killRunner(folder: string): Promise<number> {
  const pids = (await readdir('/proc')).filter(name => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async pid => {
      const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
      return words.some(word => word.startsWith(folder) && /\/dist\/[\w-]+\/index\.js$/.test(word)) ? Number(pid) : 0;
    }),
  );
  const ours = found.filter(pid => pid > 0);
  for (const pid of ours) process.kill(pid, 'SIGKILL');
  return ours.length;
}

/** Asks an address for its version, ten times a second, until it is told to stop: as users do while somebody deploys. */
export function askAllAlong(url: string) {
  const versions = new Set<string>();
  const failures: string[] = [];
  let goes = true;
  const asking = (async () => {
    while (goes) {
      try {
        const answer = await fetch(`${url}/version`, { signal: AbortSignal.timeout(5_000) });
        if (answer.ok) versions.add(((await answer.json()) as { version: string }).version);
        else failures.push(`${answer.status}`);
      } catch (error) {
        failures.push(String((error as Error).cause ?? error));
      }
      await new Promise(resolve => setTimeout(resolve, 100));
    }
  })();
  return {
    async stop() {
      goes = false;
      await asking;
      return { versions: [...versions].sort(), failures };
    },
  };
}

/** The versions of some answers in a row. */
export async function versionsOf(url: string, count = 20): Promise<string[]> {
  const answers: string[] = [];
  for (let i = 0; i < count; i++) {
    const answer = await fetch(`${url}/version`);
    answers.push(answer.ok ? ((await answer.json()) as { version: string }).version : String(answer.status));
  }
  return [...new Set(answers)];
}
