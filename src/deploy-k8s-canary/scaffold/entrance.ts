import type { Settings } from './settings.ts';
import { head, labels, parts } from './text.ts';

const types = {
  'cluster-ip': 'ClusterIP # reached inside the cluster only',
  'node-port': 'NodePort # reached at a port of every node, too',
  'load-balancer': 'LoadBalancer # gets an address of its own from the cloud, or from MetalLB and the like',
  ingress: 'ClusterIP # users come by ingress.yaml',
  route: 'ClusterIP # users come by httproute.yaml',
} as const;

export function serviceFile({ name, expose, nodePort }: Settings): string {
  return `${parts(
    head('v1', 'Service', name, 'one address for all pods that are ready'),
    labels(name, 2),
    `# What is wanted.
spec:
  type: ${types[expose]}
  # Which pods are behind it.
  selector:
    app.kubernetes.io/name: ${name} # those of the Deployment
  # What is passed on.
  ports:
    # Users’ requests.
    - name: http # what others call this port
      port: 80 # where the Service is reached
      targetPort: http # the container’s port of this name`,
    nodePort !== undefined && `      nodePort: ${nodePort} # where each node is reached; left out, the cluster chooses`,
  )}\n`;
}

/** Where users come in, if by more than the Service. */
export function entranceFiles(settings: Settings): Record<string, string> {
  if (settings.expose === 'ingress') return { 'ingress.yaml': ingressFile(settings) };
  if (settings.expose === 'route') return { 'httproute.yaml': routeFile(settings) };
  return {};
}

function ingressFile({ name, host, ingressClass }: Settings): string {
  return `${parts(
    head('networking.k8s.io/v1', 'Ingress', name, 'tells the ingress controller which requests are for the Service'),
    labels(name, 2),
    '# What is wanted.\nspec:',
    ingressClass === undefined
      ? '  # No "ingressClassName": the cluster’s default controller serves it.'
      : `  ingressClassName: ${ingressClass} # which controller serves it`,
    `  # Which requests.
  rules:
    # One host name.
    - host: ${JSON.stringify(host)} # what users open
      # By plain HTTP; add "tls" beside "rules" for a certificate.
      http:
        # Which paths.
        paths:
          # All of them.
          - path: / # what the path begins with
            pathType: Prefix # compared part by part
            # Where they go.
            backend:
              # The Service.
              service:
                name: ${name} # of service.yaml
                # Its port.
                port:
                  name: http # by name`,
  )}\n`;
}

function routeFile({ name, host, gateway }: Settings): string {
  return `${parts(
    head('gateway.networking.k8s.io/v1', 'HTTPRoute', name, 'tells the Gateway which requests are for the Service'),
    labels(name, 2),
    `# What is wanted.
spec:
  # Where users come in.
  parentRefs:
    # A Gateway, which has to be there.
    - name: ${gateway!.name} # what it is called`,
    gateway!.namespace !== undefined &&
      `      namespace: ${gateway!.namespace} # where it is; its listener has to allow routes of this namespace`,
    `  # Which requests.
  hostnames:
    - ${JSON.stringify(host)} # what users open
  # Where they go.
  rules:
    # All paths.
    - backendRefs:
        # The Service.
        - name: ${name} # of service.yaml
          port: 80 # its port
          weight: 100 # share of the requests; a canary with router: gateway changes it while it lasts`,
  )}\n`;
}
