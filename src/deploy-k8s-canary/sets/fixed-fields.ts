import { SlipwayError } from '../../core/errors.ts';
import { type KubeObject, nameOf } from '../../core/kubernetes/index.ts';

/** Of a StatefulSet that is there. https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/ */
const fixed = ['serviceName', 'podManagementPolicy', 'volumeClaimTemplates', 'selector'] as const;

/** An error of the dry run; where a StatefulSet's manifest changes what cannot be changed, which fields, and what to do. */
export function explainFixed(error: unknown, given: KubeObject | undefined, live: KubeObject | undefined): unknown {
  if (!(error instanceof SlipwayError) || error.code !== 'IMMUTABLE_FIELD') return error;
  if (given?.kind !== 'StatefulSet' || live === undefined) return error;
  const changed = fixed.filter(field => !isPart(given['spec'][field], live['spec'][field]));
  if (changed.length === 0) return error;
  return new SlipwayError(
    'IMMUTABLE_FIELD',
    `${nameOf(given)}: ${changed.join(', ')} of a StatefulSet cannot be changed`,
    {
      hint: `Leave ${changed.length > 1 ? 'them' : 'it'} as it is now, or make the StatefulSet anew around its pods: \`kubectl delete statefulset ${given.metadata.name} --cascade=orphan\`, then deploy; pods and volumes stay and are adopted. A volume grows by its PersistentVolumeClaim. Nothing was changed.`,
      cause: error,
    },
  );
}

/** Whether an object has what is given of it; what the server fills in besides is no difference. */
function isPart(given: unknown, live: unknown): boolean {
  if (given === undefined) return true;
  if (Array.isArray(given)) {
    const list = Array.isArray(live) ? live : [];
    return given.length === list.length && given.every((one, index) => isPart(one, list[index]));
  }
  if (given === null || typeof given !== 'object') return given === live;
  const there = (live ?? {}) as Record<string, unknown>;
  return Object.entries(given).every(([key, value]) => isPart(value, there[key]));
}
