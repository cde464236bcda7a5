import type { Context } from '../core/action.ts';
import { log } from '../core/log.ts';
import { codeBlock } from '../core/summary.ts';
import { allOrThrow } from './clusters/errors.ts';
import type { Site } from './clusters/sites.ts';
import type { definition } from './inputs.ts';
import { planLines } from './plan-text.ts';
import { preflight } from './preflight.ts';
import { rolesText } from './role.ts';

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
  const roles = plans.map(({ situation }, index) => {
    const { name, cluster, options } = sites[index]!;
    return `${name === '' ? '' : `# ${name}\n`}${rolesText(situation, options, cluster.namespace)}`;
  });
  const allowed = roles.join('---\n');
  for (const line of [...lines, 'What a run with these inputs may do, and no more:', ...allowed.trimEnd().split('\n')])
    log.info(line);
  log.info('Nothing was changed: this was the plan.');
  output('state', plans.every(({ kind }) => kind === 'unchanged') ? 'unchanged' : 'progressing');
  output('previous', plans[0]!.situation.previous);
  output('changed', 'false');
  if (record !== undefined) output('release', record.file);
  const shown = `<details><summary>The Role of this run</summary>\n\n${codeBlock(allowed)}\n</details>`;
  await summary(`### Plan\n${codeBlock(lines.join('\n'))}\n${shown}`);
}
