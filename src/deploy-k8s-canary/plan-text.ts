import { canaryServices } from './canary-objects.ts';
import { namesOf } from './names.ts';
import type { Options } from './options.ts';
import type { Plan } from './preflight.ts';
import { moduleOf } from './routers/all.ts';

const how = {
  first: 'first deploy: applied, then waited for',
  unchanged: 'nothing to do',
  rolling: 'rolling update',
} as const;

/** The plan for people: what would be done to which object, and each step's share. */
export function planLines({ kind, situation, router, port }: Plan, options: Options, namespace: string): string[] {
  const { workload, image, previous, planned, container } = situation;
  const lines = [
    `Deployment/${workload}, container ${container}: ${kind === 'canary' ? options.strategy : how[kind]}`,
    `  image ${previous === '' ? '' : `${previous} → `}${image}`,
    ...planned.map(({ object, change }) => `  ${change.padEnd(9)} ${object.kind}/${object.metadata.name}`),
  ];
  if (router === undefined) return lines;
  const { state } = router;
  const module = moduleOf(state.kind);
  const services = canaryServices({ workload, router: state, strategy: options.strategy });
  const made = [`Deployment/${namesOf(workload).canary}`, ...services.map(name => `Service/${name}`)];
  return [
    ...lines,
    `  create    ${made.join(', ')} (deleted at the end)`,
    `  router    ${module.where(state)}; pods are ${port === undefined ? 'not asked directly' : `asked at port ${port}`}`,
    ...options.steps.map(step => {
      const text =
        step === 0
          ? 'no user traffic; pods of the new release are probed'
          : module.step(state, workload, namespace, step);
      return `  ${String(step).padStart(3)} %     ${text}`;
    }),
  ];
}
