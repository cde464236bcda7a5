import type { Context } from '../core/action.ts';
import { log } from '../core/log.ts';
import { codeBlock } from '../core/summary.ts';
import { allOrThrow } from './clusters/errors.ts';
import type { Site } from './clusters/sites.ts';
import type { definition } from './inputs.ts';
import { planLines } from './plan-text.ts';
import { preflight } from './preflight.ts';

/** `mode: plan`: what would be done, in the cluster or in each of several. */
export async function plan(
  sites: readonly Site[],
  { signal, output, summary, record }: Context<typeof definition.inputs>,
): Promise<void> {
  const one = ({ cluster, options }: Site) => preflight(cluster, options, signal);
  const plans = sites.length === 1 ? [await one(sites[0]!)] : await allOrThrow(sites, one);
  const lines = plans.flatMap((made, index) => {
    const { name, wave, cluster, options } = sites[index]!;
    const own = planLines(cluster, made, options);
    return name === '' ? own : [`Wave ${wave}, ${name} (${cluster.contextName}/${cluster.namespace}):`, ...own];
  });
  for (const line of lines) log.info(line);
  log.info('Nothing was changed: this was the plan.');
  output('state', plans.every(({ kind }) => kind === 'unchanged') ? 'unchanged' : 'progressing');
  output('previous', plans[0]!.situation.previous);
  output('changed', 'false');
  if (record !== undefined) output('release', record.file);
  await summary(`### Plan\n${codeBlock(lines.join('\n'))}`);
}
