import type { Settings } from './settings.ts';
import { head, labels } from './text.ts';

/** An autoscaler, where `replicas` is a range. */
export function scalerFile({ name, replicas }: Settings): Record<string, string> {
  if (replicas.least === replicas.most) return {};
  return {
    'hpa.yaml': `${head('autoscaling/v2', 'HorizontalPodAutoscaler', name, 'says how many pods there are (needs metrics-server)')}
${labels(name, 2)}
# What is wanted.
spec:
  # Whose pods.
  scaleTargetRef:
    apiVersion: apps/v1 # version of the API that the next line belongs to
    kind: Deployment # of deployment.yaml
    name: ${name} # that one
  minReplicas: ${replicas.least} # never fewer
  maxReplicas: ${replicas.most} # never more
  # By what it decides.
  metrics:
    # One number.
    - type: Resource # of the pods themselves
      # Which.
      resource:
        name: cpu # how many CPUs are used
        # What it should be.
        target:
          type: Utilization # in parts of what is requested
          averageUtilization: 80 # above 80 % pods are added, below they are taken away after five minutes
`,
  };
}

export function budgetFile({ name }: Settings): string {
  return `${head('policy/v1', 'PodDisruptionBudget', name, 'how many pods may be taken away at once when nodes are drained')}
${labels(name, 2)}
# What is wanted.
spec:
  maxUnavailable: 1 # one at a time, so that a drain goes on and the others serve
  unhealthyPodEvictionPolicy: AlwaysAllow # pods that do not serve anyway hold up no drain
  # Which pods.
  selector:
${labels(name, 4, 'matchLabels', 'All with these labels.')}
`;
}
