import { scaffold } from './settings.ts';

export const scaffoldInputs = {
  scaffold: {
    description:
      'What `mode: scaffold` writes manifests for, as YAML: `{name: hello, port: 8080, expose: cluster-ip | node-port | load-balancer | ingress | route, host, gateway, health: /healthz, ready: /readyz, metrics: /metrics, replicas: 2-6, cpu: 100m-1, memory: 64Mi-128Mi, allow-from, allow-to, directory: deploy}`. See “Manifests for those who have none” below.',
    value: scaffold,
  },
};
