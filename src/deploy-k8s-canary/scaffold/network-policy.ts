import { isNetwork } from './fields.ts';
import type { Settings } from './settings.ts';
import { head, labels, parts } from './text.ts';

/**
 * Who may speak with the pods. The kubelet's probes come from the node itself, which is always let in:
 * https://kubernetes.io/docs/concepts/services-networking/network-policies/
 */
export function networkPolicyFile(settings: Settings): string {
  const { name, metrics, allowTo } = settings;
  return `${parts(
    head('networking.k8s.io/v1', 'NetworkPolicy', name, 'who may speak with the pods, and with whom they may'),
    labels(name, 2),
    `# What is wanted.
spec:
  # Whose connections.
  podSelector:
    # All pods with this label: those of the Deployment, and of a canary beside it.
    matchLabels:
      app.kubernetes.io/part-of: ${name} # the program
  # What is not named below is refused, in both directions.
  policyTypes:
    - Ingress # connections to the pods
    - Egress # connections that they open
  # Who may come. The kubelet’s probes always may: they come from the pod’s own node.
  ingress:`,
    usersRule(settings),
    `    # The API server’s proxy, through which a canary’s pods are asked one by one. Where it is no pod, its network: allow-from.
    - from:
        # Agents of the control plane.
        - namespaceSelector:
            # All pods of this namespace.
            matchLabels:
              kubernetes.io/metadata.name: kube-system # its name
      # Where to.
      ports:
        - port: http # users’ port`,
    metrics?.port !== undefined &&
      `    # Prometheus, wherever it runs in the cluster.
    - from:
        # Pods of every namespace.
        - namespaceSelector: {} # no label is asked for
      # Where to.
      ports:
        - port: metrics # and no other port`,
    `  # Where they may go. Answers to who came need no rule.
  egress:
    # DNS, wherever it runs: kube-system or a cache on the node.
    - ports:
        # Short answers.
        - port: 53 # DNS
          protocol: UDP # as it mostly is
        # Long answers.
        - port: 53 # DNS
          protocol: TCP # where UDP does not suffice
    # What runs beside it, such as a database.
    - to:
        # Pods of the same namespace.
        - podSelector: {} # no label is asked for`,
    allowTo.length > 0 && `    # What allow-to names.\n    - to:\n${peers(allowTo)}`,
  )}\n`;
}

function usersRule({ expose, allowFrom, metrics }: Settings): string {
  const open = '      ports:\n        - port: http # users’ port';
  if (expose === 'node-port' || expose === 'load-balancer')
    return `    # Everybody: users come from outside, and nodes may put their own address in place of theirs.\n    - ports:\n        - port: http # users’ port`;
  const inside = metrics !== undefined && metrics.port === undefined;
  const everyNamespace = allowFrom.length === 0 && (expose !== 'cluster-ip' || inside);
  const who =
    expose === 'cluster-ip'
      ? inside
        ? 'Pods of the cluster: Prometheus asks at users’ port.'
        : 'Pods beside it.'
      : 'The controller that users come through. One on the node’s own network has no pod’s address: name its network in allow-from.';
  return parts(
    `    # ${who}\n    - from:`,
    everyNamespace
      ? '        # Pods of every namespace; allow-from makes it those that are named.\n        - namespaceSelector: {} # no label is asked for'
      : '        # Pods of the same namespace.\n        - podSelector: {} # no label is asked for',
    allowFrom.length > 0 && peers(allowFrom),
    `      # Where to.\n${open}`,
  );
}

function peers(items: readonly string[]): string {
  return items
    .map(item =>
      isNetwork(item)
        ? `        # A network.
        - ipBlock:
            cidr: ${JSON.stringify(item)} # its addresses`
        : `        # Pods of a namespace.
        - namespaceSelector:
            # All pods of this namespace.
            matchLabels:
              kubernetes.io/metadata.name: ${item} # its name`,
    )
    .join('\n');
}
