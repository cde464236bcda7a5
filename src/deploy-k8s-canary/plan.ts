import type { Context } from '../core/action.ts';
import { log } from '../core/log.ts';
import { codeBlock } from '../core/summary.ts';
import { allOrThrow } from './clusters/errors.ts';
import type { Site } from './clusters/sites.ts';
import { openRendered } from './gitops/open-rendered.ts';
import { commitLines } from './gitops/plan-commits.ts';
import type { definition } from './inputs.ts';
import { planLines } from './plan-text.ts';
import { preflight } from './preflight.ts';
import { rolesText } from './role.ts';

/** `mode: plan`: what would be done, in the cluster or in each of several. */
export async function plan(
  sites: readonly Site[],
  { signal, output, summary, record }: Context<typeof definition.inputs>,
): Promise<void> {
  const plans =
    sites.length === 1 ? [await planOf(sites[0]!, signal)] : await allOrThrow(sites, one => planOf(one, signal));
  const lines = plans.flatMap(({ own }, index) => {
    const { name, wave, cluster } = sites[index]!;
    return name === '' ? own : [`Wave ${wave}, ${name} (${cluster.contextName}/${cluster.namespace}):`, ...own];
  });
  const roles = plans.map(({ made: { situation }, options }, index) => {
    const { name, cluster } = sites[index]!;
    return `${name === '' ? '' : `# ${name}\n`}${rolesText(situation, options, cluster.namespace)}`;
  });
  const allowed = roles.join('---\n');
  for (const line of [...lines, 'What a run with these inputs may do, and no more:', ...allowed.trimEnd().split('\n')])
    log.info(line);
  log.info('Nothing was changed: this was the plan.');
  output('state', plans.every(({ made }) => made.kind === 'unchanged') ? 'unchanged' : 'progressing');
  output('previous', plans[0]!.made.situation.previous);
  output('changed', 'false');
  if (record !== undefined) output('release', record.file);
  const shown = `<details><summary>The Role of this run</summary>\n\n${codeBlock(allowed)}\n</details>`;
  await summary(`### Plan\n${codeBlock(lines.join('\n'))}\n${shown}`);
}

/** Of one cluster. What is written through git is so for one alone, and without `push` it is one commit, with no steps. */
async function planOf(site: Site, signal: AbortSignal) {
  const { cluster, options: opened } = site.name === '' ? await openRendered(site.cluster, site.options, signal) : site;
  const rolls = opened.rendered !== undefined && !opened.push;
  const options = rolls ? { ...opened, strategy: 'rolling' as const } : opened;
  const made = await preflight(cluster, options, signal);
  return { made, options, own: [...planLines(cluster, made, options), ...(await commitLines(cluster, made, options))] };
}
