import { namesOf } from './names.ts';
import type { Options } from './options.ts';
import type { Plan } from './preflight.ts';
import { describeRatio, ratioFor } from './ratio.ts';
import { divided } from './weights.ts';

const how = {
  first: 'first deploy: applied, then waited for',
  unchanged: 'nothing to do',
  rolling: 'rolling update',
  canary: 'canary',
} as const;

/** The plan for people: what would be done to which object, and each step's share. */
export function planLines({ kind, situation, router, port }: Plan, options: Options): string[] {
  const { workload, image, previous, planned, container } = situation;
  const lines = [
    `Deployment/${workload}, container ${container}: ${how[kind]}`,
    `  image ${previous === '' ? '' : `${previous} → `}${image}`,
    ...planned.map(({ object, change }) => `  ${change.padEnd(9)} ${object.kind}/${object.metadata.name}`),
  ];
  if (router === undefined) return lines;
  const names = namesOf(workload);
  const { state } = router;
  return [
    ...lines,
    `  create    Deployment/${names.canary}${state.kind === 'gateway' ? `, Service/${names.canary}` : ''} (deleted at the end)`,
    `  router    ${state.kind === 'gateway' ? `HTTPRoute/${state.route}, Service/${state.service}` : `Service/${state.services.join(', ')}`}; pods are ${port === undefined ? 'not asked directly' : `asked at port ${port}`}`,
    ...options.steps.map(step => `  ${String(step).padStart(3)} %     ${stepText(state, names.canary, step)}`),
  ];
}

function stepText(state: NonNullable<Plan['router']>['state'], canary: string, step: number): string {
  if (step === 0) return 'no user traffic; pods of the new release are probed';
  if (state.kind === 'service')
    return step === 100
      ? `${state.replicas} pods, all of the new release`
      : describeRatio(ratioFor(step, state.replicas));
  return state.rules
    .map(rule =>
      divided(rule, state.service, canary, step)
        .map(({ name, weight }) => `${name}=${weight}`)
        .join(' '),
    )
    .join('; ');
}
