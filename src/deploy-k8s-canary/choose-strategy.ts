import type { Context } from '../core/action.ts';
import { assess } from '../core/risk/assess.ts';
import { clusterStrategies } from '../core/risk/choose.ts';
import { tellRisk } from '../core/risk/tell.ts';
import type { definition } from './inputs.ts';
import { mostBesideFresh } from './ratio.ts';

type Given = Context<typeof definition.inputs>;
type Inputs = Given['inputs'];

/** The inputs with what `strategy: auto` comes to. */
export type Chosen = Omit<Inputs, 'strategy'> & { readonly strategy: Exclude<Inputs['strategy'], 'auto'> };

/** What `strategy: auto` comes to for this release, said aloud; of a rollout that is there already its own strategy counts. */
export async function chooseStrategy({ inputs, record, directory, signal, summary }: Given): Promise<Chosen> {
  const { strategy, mode, workload, before, baseline, mirror, router } = inputs;
  if (strategy !== 'auto') return { ...inputs, strategy };
  if (!['plan', 'deploy', 'render', 'resume'].includes(mode)) return { ...inputs, strategy: 'canary' };
  const { kind, name } = workload ?? { kind: 'Deployment', name: record?.record.name ?? '' };
  const service = `${kind}/${name}`;
  const of = { service, history: inputs.history, before: before.length, directory, signal };
  const assessment = await assess({ ...of, record: record?.record });
  const fresh = baseline === 'fresh';
  // whoever wants to compare needs a canary
  const wanted = fresh ? 'baseline: fresh' : mirror === undefined ? undefined : 'mirror';
  const level = wanted !== undefined && assessment.level === 'low' ? 'medium' : assessment.level;
  const { strategy: chosen, steps: all } = clusterStrategies[level];
  const most = fresh && router === 'service' ? mostBesideFresh : 100;
  const steps = all.filter(step => step <= most || step === 100);
  const words = chosen === 'rolling' ? chosen : `${chosen}, steps ${steps.join(', ')}`;
  await tellRisk(
    assessment,
    `strategy ${words}${level === assessment.level ? '' : `, as ${wanted} needs one`}`,
    summary,
  );
  return { ...inputs, strategy: chosen, ...(chosen === 'rolling' ? {} : { steps }) };
}
