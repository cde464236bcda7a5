import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { kubectlOf, type Running, start } from './deploy-k8s-canary.ts';
import type { Lab, LabCluster } from './lab.ts';

const app = { app: 'hello' };

/** A small Deployment whose pods end at once, so that a rollout takes two seconds. */
export function helloManifest(replicas: number, env: Record<string, string> = {}): string {
  const variables = { HELLO_LISTEN: ':8080', HELLO_DRAIN_DELAY: '0s', ...env };
  const container = {
    name: 'hello',
    image: 'registry.example/hello:v1',
    env: Object.entries(variables).map(([name, value]) => ({ name, value })),
    ports: [{ name: 'http', containerPort: 8080 }],
    readinessProbe: { httpGet: { path: '/readyz', port: 'http' }, periodSeconds: 1 },
  };
  return JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'hello' },
    spec: {
      replicas,
      selector: { matchLabels: app },
      template: { metadata: { labels: app }, spec: { terminationGracePeriodSeconds: 1, containers: [container] } },
    },
  });
}

export function helloService(nodePort: number): string {
  const ports = [{ name: 'http', port: 80, targetPort: 'http', nodePort }];
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'hello' },
    spec: { type: 'NodePort', selector: app, ports },
  });
}

/** What one cluster is asked from outside. */
export function outsideView(cluster: LabCluster, namespace: string) {
  const kubectl = kubectlOf(cluster, namespace);
  const jsonPath = (path: string) => kubectl(['get', 'deployment', 'hello', '-o', `jsonpath={${path}}`]);
  return {
    kubectl,
    fresh: async () => {
      await kubectl(['delete', 'namespace', namespace, '--ignore-not-found', '--wait=true']);
      await kubectl(['create', 'namespace', namespace]);
    },
    imageNow: () => jsonPath('.spec.template.spec.containers[0].image'),
    /** Another one after each write to the Deployment, status aside. */
    generation: () => jsonPath('.metadata.generation'),
    everything: () => kubectl(['get', 'deployments,services,leases', '-o', 'name']),
  };
}

/** Starts the action for the two clusters `eu` and `us`; what each has of its own is given. */
export function startBoth(
  lab: Lab<'cluster' | 'cluster2'>,
  own: { readonly eu?: object; readonly us?: object },
  inputs: Record<string, string>,
  files: Record<string, string>,
): Running {
  const eu = { context: 'slipway-lab', namespace: 'slipway-eu', manifests: ['eu.yaml', 'eu-service.yaml'], ...own.eu };
  const us = { context: 'slipway-lab2', namespace: 'slipway-us', manifests: ['us.yaml'], ...own.us };
  return start(
    `${lab.cluster.kubeconfig}:${lab.cluster2.kubeconfig}`,
    { workload: 'deployment/hello', strategy: 'rolling', clusters: JSON.stringify({ eu, us }), ...inputs },
    files,
  );
}

/** One kubeconfig with a context for each, under the names that they are given. */
export async function oneKubeconfig(clusters: Readonly<Record<string, LabCluster>>): Promise<string> {
  const read = Object.entries(clusters).map(async ([name, { kubeconfig }]) => {
    const {
      clusters: [{ cluster }],
      users: [{ user }],
    } = parse(await readFile(kubeconfig, 'utf8'));
    return {
      contexts: { name, context: { cluster: name, user: name } },
      clusters: { name, cluster },
      users: { name, user },
    };
  });
  const all = await Promise.all(read);
  const list = (kind: 'contexts' | 'clusters' | 'users') => all.map(one => one[kind]);
  return JSON.stringify({ contexts: list('contexts'), clusters: list('clusters'), users: list('users') });
}
