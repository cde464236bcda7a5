// Manifests of a large application: the workload and its Service, then other kinds in turn, each as a release has them.

/** @param release every second object says it, and so differs from one release to the next */
export function objects(count, image, release) {
  const first = [
    named('apps/v1', 'Deployment', 'app', { spec: deployment('app', 1, image) }),
    named('v1', 'Service', 'app', { spec: { selector: { app: 'app' }, ports: [{ port: 80, targetPort: 8080 }] } }),
  ];
  const others = Array.from({ length: count - first.length }, (_, at) => {
    const [apiVersion, kind, body] = kinds[at % kinds.length];
    const metadata = at % 2 === 0 ? { annotations: { release } } : {};
    return named(apiVersion, kind, `part-${at}`, body(`part-${at}`, `part-${at - 1}`), metadata);
  });
  return [...first, ...others];
}

export const yaml = list => list.map(object => JSON.stringify(object)).join('\n---\n');

const kinds = [
  ['v1', 'ConfigMap', () => ({ data: { 'settings.yaml': 'key: value\n'.repeat(100) } })],
  ['apps/v1', 'Deployment', name => ({ spec: deployment(name, 0, 'registry.example/other:1') })],
  ['v1', 'Service', (_, before) => ({ spec: { clusterIP: 'None', selector: { app: before }, ports: [{ port: 80 }] } })],
  ['v1', 'ServiceAccount', () => ({})],
  ['v1', 'Secret', () => ({ data: { password: 'c2VjcmV0' } })],
  [
    'policy/v1',
    'PodDisruptionBudget',
    name => ({ spec: { maxUnavailable: 1, selector: { matchLabels: { app: name } } } }),
  ],
  [
    'networking.k8s.io/v1',
    'NetworkPolicy',
    name => ({ spec: { podSelector: { matchLabels: { app: name } }, policyTypes: ['Ingress'] } }),
  ],
  [
    'rbac.authorization.k8s.io/v1',
    'Role',
    () => ({ rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] }),
  ],
  ['batch/v1', 'CronJob', name => ({ spec: cronJob(name) })],
  ['networking.k8s.io/v1', 'Ingress', name => ({ spec: ingress(name) })],
];

function named(apiVersion, kind, name, body, metadata = {}) {
  return { apiVersion, kind, metadata: { name, ...metadata }, ...body };
}

function deployment(app, replicas, image) {
  return {
    replicas,
    selector: { matchLabels: { app } },
    template: { metadata: { labels: { app } }, spec: pod(app, image) },
  };
}

function pod(name, image) {
  const ports = [{ name: 'http', containerPort: 8080 }];
  const env = [{ name: 'HELLO_LISTEN', value: ':8080' }];
  return { containers: [{ name, image, ports, env }] };
}

function cronJob(name) {
  const spec = { ...pod(name, 'registry.example/other:1'), restartPolicy: 'Never' };
  return { schedule: '0 3 * * *', suspend: true, jobTemplate: { spec: { template: { spec } } } };
}

function ingress(name) {
  const backend = { service: { name, port: { number: 80 } } };
  return { rules: [{ host: `${name}.test`, http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }] };
}
