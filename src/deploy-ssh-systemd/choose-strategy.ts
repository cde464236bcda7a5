import type { Context } from '../core/action.ts';
import { assess } from '../core/risk/assess.ts';
import { hostStrategies } from '../core/risk/choose.ts';
import { tellRisk } from '../core/risk/tell.ts';
import { formatDuration } from '../core/units.ts';
import type { definition } from './inputs.ts';
import type { Settings } from './settings.ts';

type Chosen = Pick<Settings, 'soakTime'> & { readonly strategy: Settings['pace']['strategy'] };

/** What `strategy: auto` comes to for this release, said aloud; where nothing new is released, one host after the other. */
export async function chooseStrategy(
  { inputs, record, directory, signal, summary }: Context<typeof definition.inputs>,
  service: string,
): Promise<Chosen> {
  const { strategy, mode, hooks, 'soak-time': soakTime } = inputs;
  if (strategy !== 'auto') return { strategy, soakTime };
  if (!['plan', 'deploy', 'converge'].includes(mode)) return { strategy: 'rolling', soakTime };
  const before = hooks.filter(({ name }) => name === 'before-deploy').length;
  const of = { service, history: inputs.history, before, directory, signal };
  const assessment = await assess({ ...of, record: record?.record });
  const { strategy: chosen, soak } = hostStrategies[assessment.level];
  const time = soakTime * soak;
  const words = chosen === 'canary' ? `canary, which must stay healthy for ${formatDuration(time)}` : chosen;
  await tellRisk(assessment, `strategy ${words}`, summary);
  return { strategy: chosen, soakTime: time };
}
