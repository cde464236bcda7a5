import type { Context } from '../core/action.ts';
import type { Cluster } from '../core/kubernetes/index.ts';
import { log } from '../core/log.ts';
import { saveRecord } from '../core/record/files.ts';
import { codeBlock } from '../core/summary.ts';
import type { definition } from './inputs.ts';
import { Journal } from './journal.ts';
import { type Options, resolveOptions } from './options.ts';
import type { Outcome } from './outcome.ts';

/** Connects, does what `mode` says, and writes down how it ended before it fails. */
export async function run(context: Context<typeof definition.inputs>): Promise<void> {
  const { inputs, record, directory, signal } = context;
  if (inputs.mode === 'scaffold') return (await import('./scaffold/run.ts')).runScaffold(context);
  const options = resolveOptions({ ...inputs, mode: inputs.mode }, record?.record, directory);
  const { connectCluster } = await import('../core/kubernetes/index.ts');
  const cluster = await connectCluster(options);
  try {
    if (options.mode === 'plan') return await plan(cluster, options, context);
    const [journal, started] = [new Journal(), new Date().toISOString()];
    const outcome = await perform(cluster, { ...options, mode: options.mode }, journal, signal);
    await conclude(context, cluster, options, outcome, journal, started);
  } finally {
    cluster.close();
  }
}

async function perform(
  plain: Cluster,
  given: Options & { mode: Exclude<Options['mode'], 'plan'> },
  journal: Journal,
  signal: AbortSignal,
): Promise<Outcome> {
  const { openRendered } = await import('./gitops/open-rendered.ts');
  const { cluster, options } = await openRendered(plain, given, signal);
  if (given.mode === 'render' && !options.push)
    return (await import('./gitops/commit-only.ts')).commitOnly(cluster, options, journal, signal);
  if (given.mode === 'deploy' || given.mode === 'render')
    return (await import('./deploy.ts')).deploy(cluster, options, journal, signal);
  if (given.mode === 'status') return (await import('./status.ts')).status(cluster, options, signal);
  const { pause, promote } = await import('./steer.ts');
  const { abort, resume, rollback } = await import('./modes.ts');
  return { abort, pause, promote, resume, rollback }[given.mode](cluster, options, journal, signal);
}

async function plan(
  cluster: Cluster,
  options: Options,
  { signal, output, summary, record }: Context<typeof definition.inputs>,
): Promise<void> {
  const [{ preflight }, { planLines }, { rolesText }] = await Promise.all([
    import('./preflight.ts'),
    import('./plan-text.ts'),
    import('./role.ts'),
  ]);
  const made = await preflight(cluster, options, signal);
  const lines = planLines(cluster, made, options);
  const roles = rolesText(made.situation, options, cluster.namespace);
  for (const line of [...lines, 'What a run with these inputs may do, and no more:', ...roles.trimEnd().split('\n')])
    log.info(line);
  log.info('Nothing was changed: this was the plan.');
  output('state', made.kind === 'unchanged' ? 'unchanged' : 'progressing');
  output('previous', made.situation.previous);
  output('changed', 'false');
  if (record !== undefined) output('release', record.file);
  const allowed = `<details><summary>The Role of this run</summary>\n\n${codeBlock(roles)}\n</details>`;
  await summary(`### Plan\n${codeBlock(lines.join('\n'))}\n${allowed}`);
}

async function conclude(
  { record, output, summary }: Context<typeof definition.inputs>,
  cluster: Cluster,
  options: Options,
  outcome: Outcome,
  journal: Journal,
  started: string,
): Promise<void> {
  const place = `${cluster.contextName}/${cluster.namespace}`;
  output('state', outcome.state);
  output('previous', outcome.previous);
  output('changed', String(outcome.changed));
  if (options.mode === 'status') {
    if (record !== undefined) output('release', record.file);
  } else {
    const { withDeployment } = await import('./record.ts');
    const updated = withDeployment(record, options, place, outcome, journal, started);
    await saveRecord(updated);
    output('release', updated.file);
  }
  const { renderSummary } = await import('./report.ts');
  await summary(renderSummary(place, outcome, journal, options));
  if (outcome.error !== undefined) throw outcome.error;
  log.info(`Deployment/${outcome.workload} in ${place}: ${outcome.state}`);
}
