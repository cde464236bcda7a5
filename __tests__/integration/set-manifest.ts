/** Pods of the example that no Deployment makes, as its manifest says. */
export const setOf = (kind: 'StatefulSet' | 'DaemonSet', name: string, more: object = {}, pod: object = {}) => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name },
  spec: {
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: {
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        terminationGracePeriodSeconds: 3,
        containers: [
          {
            name: 'hello',
            image: 'registry.example/hello:v1',
            ports: [{ name: 'http', containerPort: 8080 }],
            env: [
              { name: 'HELLO_LISTEN', value: ':8080' },
              { name: 'HELLO_DRAIN_DELAY', value: '1s' },
            ],
            readinessProbe: { httpGet: { path: '/readyz', port: 'http' }, periodSeconds: 1 },
          },
        ],
        ...pod,
      },
    },
    ...more,
  },
});
