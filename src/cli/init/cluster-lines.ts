import type { Answers } from './answers.ts';
import { type Line, line, todo } from './lines.ts';
import type { Survey } from './survey.ts';
import { addressOf } from './verify-lines.ts';

/** The deployment to Kubernetes. Without an address to probe nothing can be compared: pods are replaced. */
export function clusterLines(found: Survey, answers: Answers): Line[] {
  const { manifests, program } = found;
  const { namespace, container, router } = manifests ?? {};
  const address = addressOf(found, answers);
  return [
    line('kind', 'deploy-k8s-canary'),
    line('name', 'cluster'),
    line('kubeconfig', { env: 'KUBECONFIG_TEXT' }, 'a secret: only the name stands here'),
    namespaceLine(namespace, answers.namespace),
    ...(manifests === undefined ? [] : [line('manifests', manifests.files)]),
    manifests === undefined
      ? line('workload', `deployment/${program.name}`, 'has to be there: no manifest was found')
      : line('workload', manifests.workload.value, manifests.workload.at),
    ...(container === undefined ? [] : [line('container', container.value, container.at)]),
    ...(router === undefined ? [] : [line('router', router.value, router.at)]),
    ...(address === undefined
      ? [
          line('strategy', 'rolling', 'canary, as soon as probes say what to compare'),
          todo('probes', 'through the entrance of the cluster, such as https://hello.example.com/ 200 within 1s'),
        ]
      : [line('probes', `${address.value} 200 within 1s`, address.at)]),
  ];
}

function namespaceLine(found: { value: string; at: string } | undefined, given: string | undefined): Line {
  if (given !== undefined) return line('namespace', given);
  return found === undefined
    ? line('namespace', 'default', 'no manifest names one')
    : line('namespace', found.value, found.at);
}
