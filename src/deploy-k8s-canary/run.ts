import type { Context } from '../core/action.ts';
import type { Done } from './clusters/done.ts';
import type { Site } from './clusters/sites.ts';
import { targetsOf } from './clusters/targets.ts';
import type { Prepared } from './deploy.ts';
import type { definition } from './inputs.ts';
import type { Outcome } from './outcome.ts';

type Given = Context<typeof definition.inputs>;

/** Connects, does what `mode` says in the cluster or in each of several, and writes down how it ended before it fails. */
export async function run(context: Given): Promise<void> {
  const { signal, inputs } = context;
  if (inputs.mode === 'scaffold') return (await import('./scaffold/run.ts')).runScaffold(context);
  const { mode } = inputs;
  const chosen = await (await import('./choose-strategy.ts')).chooseStrategy(context);
  const targets = await targetsOf({ ...chosen, mode }, context);
  const [{ connect }, { refuseTwins }] = await Promise.all([
    import('./clusters/sites.ts'),
    import('./clusters/twins.ts'),
  ]);
  const sites = await connect(targets);
  try {
    refuseTwins(sites);
    if (mode === 'doctor') return await (await import('./checkup.ts')).checkup(sites, context);
    if (mode === 'plan') return await (await import('./plan.ts')).plan(sites, context);
    const task = (site: Site, prepared?: Prepared) => rolloutIn(site, mode, signal, prepared);
    const several = sites.length > 1 ? await import('./clusters/in-clusters.ts') : undefined;
    const done = several ? await several.inClusters(sites, task, signal) : [await task(sites[0]!)];
    await (await import('./conclude.ts')).conclude(context, done);
  } finally {
    for (const { cluster } of sites) cluster.close();
  }
}

type Mode = Exclude<Site['options']['mode'], 'plan' | 'doctor'>;

/** Does what `mode` says in one cluster. */
async function rolloutIn(site: Site, mode: Mode, signal: AbortSignal, prepared?: Prepared): Promise<Done> {
  const started = new Date().toISOString();
  const outcome = await perform(site, mode, signal, prepared);
  return { site, started, ended: new Date().toISOString(), outcome };
}

async function perform(site: Site, mode: Mode, signal: AbortSignal, prepared?: Prepared): Promise<Outcome> {
  const { journal, name } = site;
  const { openRendered } = await import('./gitops/open-rendered.ts');
  const { cluster, options } = await openRendered(site.cluster, site.options, signal);
  if (mode === 'render' && !options.push)
    return (await import('./gitops/commit-only.ts')).commitOnly(cluster, options, journal, signal);
  if (mode === 'deploy' || mode === 'render')
    return (await import('./deploy.ts')).deploy(cluster, options, journal, signal, prepared);
  if (mode === 'status') return (await import('./status.ts')).status(cluster, options, signal);
  if (mode === 'resume' && name !== '') return (await import('./clusters/go-on.ts')).goOn(site, signal);
  const { pause, promote } = await import('./steer.ts');
  const { abort, resume, rollback } = await import('./modes.ts');
  return { abort, pause, promote, resume, rollback }[mode](cluster, options, journal, signal);
}
