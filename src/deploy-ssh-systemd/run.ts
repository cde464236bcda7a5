import type { Context } from '../core/action.ts';
import { log } from '../core/log.ts';
import type { LoadedRecord } from '../core/record/files.ts';
import { afterDeploy, siteAfter } from './afterwards.ts';
import { bootstrap } from './bootstrap.ts';
import { checkup } from './checkup.ts';
import { fetched } from './converge.ts';
import { deployHost } from './deploy-host.ts';
import { warnOfFullRoot } from './full-root.ts';
import { goBack } from './go-back.ts';
import { Hooks } from './hooks.ts';
import { HostSession } from './host-session.ts';
import type { definition } from './inputs.ts';
import type { Share } from './nfs/share.ts';
import type { Outcome } from './outcome.ts';
import { planOf, planSummary } from './plan.ts';
import { packAhead } from './prepare.ts';
import { SitesInFront } from './proxy/sites-in-front.ts';
import { readSettings } from './read-settings.ts';
import { removeAll } from './remove-all.ts';
import { report, setOutputs } from './report.ts';
import { rollOut } from './rollout.ts';
import { Rotation } from './rotation.ts';
import { type Settings, soaking } from './settings.ts';
import { showStatus } from './show-status.ts';
import { refusedSummary } from './summary.ts';
import type { Surveyed } from './survey.ts';
import { surveyAll } from './survey-all.ts';
import { whatToServe } from './to-serve.ts';
import { tellOwnServices } from './user-unit.ts';

type Here = Context<typeof definition.inputs>;

/** Looks at every host first; only when all can take the release is the first one changed. */
export async function run(context: Here): Promise<void> {
  const { inputs, signal } = context;
  const settings = await readSettings(context);
  await using stack = new AsyncDisposableStack();
  const sessions = settings.hosts.map(host => stack.use(new HostSession(host, settings, signal)));
  if (settings.mode === 'bootstrap') return await bootstrap(sessions, settings, context);
  if (settings.mode === 'plan' && settings.agentUser !== undefined) {
    await bootstrap(sessions, settings, context);
    if (inputs.binary === undefined && context.record === undefined) return;
  }
  const sites = stack.use(new SitesInFront(settings, signal));
  for (const session of sessions) session.reachOut();
  if (settings.mode === 'doctor') return await checkup(sessions, context);
  if (settings.mode === 'status') return await showStatus(sessions, sites, settings, context);
  const { release, artifacts, files, whole } = await whatToServe(sessions, settings, context, stack);
  packAhead(settings.mode === 'deploy' ? artifacts : []);
  if (settings.mode === 'remove') return await removeAll(sessions, sites, settings, release, context);

  const fleet = await surveyAll(sessions, settings, release.record, artifacts, files, whole, signal);
  const { surveyed, unreached, refusal, share } = fleet;
  if (refusal !== undefined) {
    setOutputs(context, 'failed', [], false);
    await context.summary(refusedSummary(unreached, surveyed, settings.service));
    throw refusal;
  }
  await sites.survey();
  warnOfFullRoot(sessions);
  tellOwnServices(surveyed);
  const plans = surveyed.map(host => ({ surveyed: host, lines: planOf(host) }));
  // the whole plan where it is asked for; else what changes from what to what
  for (const { lines } of plans)
    for (const line of settings.mode === 'plan' ? lines : lines.slice(0, 1)) log.info(line);
  if (settings.mode === 'plan') {
    for (const line of sites.plan) log.info(line);
    setOutputs(
      context,
      'planned',
      surveyed.map(({ session, facts }) => ({ place: session.place, previous: facts.current })),
      false,
    );
    await context.summary(planSummary(plans));
    return;
  }
  const complete = await fetched(surveyed, stack);
  await share?.publish(complete, signal).catch(error => {
    setOutputs(context, 'failed', [], false);
    throw error;
  });
  await deployAll(complete, unreached, sites, settings, release, context, share);
}

async function deployAll(
  surveyed: readonly Surveyed[],
  unreached: readonly Outcome[],
  sites: SitesInFront,
  settings: Settings,
  release: LoadedRecord,
  context: Here,
  share: Share | undefined,
): Promise<void> {
  const { directory, signal } = context;
  const withHooks = settings.mode === 'deploy' || settings.mode === 'converge';
  const hooks = new Hooks(withHooks ? settings : { ...settings, hooks: [] });
  await using rotation = new Rotation(settings, signal);
  const means = { directory, signal, hooks, rotation };
  const rollout = { ...settings, unreachable: unreached.length };
  const tasks = {
    deploy: (host: Surveyed, soak: number) =>
      deployHost(host, soaking(sites.inFront(host.session, host.settings), soak), means),
    goBack: (host: Surveyed, from: Outcome, why: string) =>
      goBack(host.session, from, why, sites.inFront(host.session, host.settings), means),
  };
  const outcomes = [...(await rollOut(surveyed, rollout, tasks, signal)), ...unreached];
  if (outcomes.some(one => one.changed)) await share?.tidy(signal);
  const last = (await siteAfter(sites, outcomes, signal)) ?? (await afterDeploy(hooks, surveyed, outcomes, signal));
  const own = surveyed.filter(host => host.settings.ownServices);
  const directories = new Map(own.map(host => [host.session.place, host.settings.directory]));
  await report(outcomes, last, release, settings, context, hooks, directories);
}
