import { SlipwayError } from '../../core/errors.ts';
import { type KubeObject, selectorText, selects } from '../../core/kubernetes/index.ts';

/**
 * A Service of somebody else's that would send its users to the pods that a rollout makes, although they are kept out of the
 * workload's own Services. Pure.
 *
 * @param held labels of these pods while no user is to reach them, without our own
 */
export function refuseCatchers(
  services: readonly KubeObject[],
  held: Readonly<Record<string, string>>,
  workload: string,
): void {
  const catcher = services.find(service => selects(service['spec']?.selector, held));
  if (catcher === undefined) return;
  throw new SlipwayError(
    'FOREIGN_SERVICE',
    `Service/${catcher.metadata.name} would select pods that a rollout of Deployment/${workload} makes before users are to reach them: it selects ${selectorText(catcher['spec'].selector)}`,
    { hint: 'Narrow its selector by a label that these pods have not. Nothing was changed.' },
  );
}
