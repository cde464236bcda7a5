import type { Context } from '../core/action.ts';
import { readRequirement } from '../core/attestation/signer.ts';
import type { SlipwayError } from '../core/errors.ts';
import { log } from '../core/log.ts';
import { beginRecord } from '../core/record/begin.ts';
import { type LoadedRecord, saveRecord } from '../core/record/files.ts';
import { formatHost } from '../core/ssh/hosts.ts';
import { releaseVersion } from '../core/version.ts';
import { lookAround } from './around.ts';
import { type Artifact, readArtifacts } from './artifacts.ts';
import { mustBeAttested } from './attested.ts';
import { bootstrap } from './bootstrap.ts';
import { checkup } from './checkup.ts';
import { composeArtifacts } from './compose/artifact.ts';
import { imageArtifacts } from './container/image.ts';
import { fetched, servedByHosts } from './converge.ts';
import { deployHost } from './deploy-host.ts';
import { deploymentOf } from './deployment.ts';
import { collectFiles, type ExtraFile } from './extra-files.ts';
import { asSlipwayError, failureOf, joinErrors, onAll } from './fleet.ts';
import { warnOfFullRoot } from './full-root.ts';
import { goBack } from './go-back.ts';
import { Hooks } from './hooks.ts';
import { HostSession } from './host-session.ts';
import { settingsOf } from './host-settings.ts';
import { aboutEach } from './hosts.ts';
import type { definition } from './inputs.ts';
import { leaveShare, type Share } from './nfs/share.ts';
import { type Outcome, untouched, worst } from './outcome.ts';
import { planOf, planSummary } from './plan.ts';
import { packAhead } from './prepare.ts';
import { SitesInFront } from './proxy/sites-in-front.ts';
import { readSettings } from './read-settings.ts';
import { removeHost } from './remove.ts';
import { rollOut } from './rollout.ts';
import { Rotation } from './rotation.ts';
import { type Settings, soaking } from './settings.ts';
import { isWell, statusLine, statusSummary } from './status.ts';
import { deploySummary, refusedSummary } from './summary.ts';
import type { Surveyed } from './survey.ts';
import { surveyAll } from './survey-all.ts';
import { tellOwnServices } from './user-unit.ts';
import type { WholeRelease } from './whole-release.ts';

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
  if (settings.mode === 'status') return await showStatus(sessions, sites, context);
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

/** The site in front changes when all that it is in front of serve; what it fails with. */
async function siteAfter(
  sites: SitesInFront,
  outcomes: readonly Outcome[],
  signal: AbortSignal,
): Promise<SlipwayError | undefined> {
  if (failureOf(outcomes, signal) !== undefined) return undefined;
  return sites.install().then(() => undefined, asSlipwayError);
}

/** Only when all went well; what it fails with. */
async function afterDeploy(
  hooks: Hooks,
  surveyed: readonly Surveyed[],
  outcomes: readonly Outcome[],
  signal: AbortSignal,
): Promise<SlipwayError | undefined> {
  const changed = outcomes.filter(one => one.changed);
  if (changed.length === 0 || failureOf(outcomes, signal) !== undefined) return undefined;
  const hosts = surveyed.flatMap(({ session }) => {
    const own = changed.find(({ place }) => place === session.place);
    return own === undefined ? [] : [[session, own] as [HostSession, Outcome]];
  });
  return hooks.afterDeploy(hosts, signal).then(() => undefined, asSlipwayError);
}

async function removeAll(
  sessions: readonly HostSession[],
  sites: SitesInFront,
  settings: Settings,
  release: LoadedRecord,
  context: Here,
): Promise<void> {
  await sites.remove(); // first, as it would lead to nobody
  const { results, failed } = await onAll(sessions, session => removeHost(session, session.settings, context.signal));
  const others = failed.map(({ host: { place }, error }) =>
    untouched('failed', { place, release: '', previous: '' }, error.message, error),
  );
  await leaveShare(
    sessions.filter(({ place }) => results.some(one => one.place === place)),
    context.signal,
  );
  await report([...results, ...others], undefined, release, settings, context);
}

/** Record, outputs, summary and log, however it went. */
async function report(
  outcomes: readonly Outcome[],
  last: SlipwayError | undefined,
  { file, record }: LoadedRecord,
  settings: Settings,
  context: Here,
  hooks?: Hooks,
  own?: ReadonlyMap<string, string>,
): Promise<void> {
  const { service, by } = settings;
  const ofPlace = new Map(settings.hosts.map(host => [formatHost(host), settingsOf(host, settings)]));
  const deployments = outcomes.map((outcome, index) => {
    const ran = hooks?.runs.filter(({ place }) => place === outcome.place || (index === 0 && place === 'the runner'));
    return deploymentOf(outcome, service, by, ran);
  });
  await saveRecord({ file, record: { ...record, deployments: [...record.deployments, ...deployments] } });
  context.output('release', file);
  setOutputs(
    context,
    worst(outcomes),
    outcomes,
    outcomes.some(one => one.changed),
  );
  const about = aboutEach(settings.hosts);
  await context.summary(deploySummary(outcomes, service, place => ofPlace.get(place)!.directory, own, about));
  for (const { place, journal } of outcomes)
    if (journal)
      await log.group(`${place}: the last lines of the journal of ${service}`, async () => log.info(journal));
  const failure = failureOf(outcomes, context.signal) ?? last;
  if (failure !== undefined) throw failure;
}

async function showStatus(sessions: readonly HostSession[], sites: SitesInFront, context: Here): Promise<void> {
  const { results, errors: failed } = await onAll(sessions, async session => {
    const facts = await session.facts();
    return { place: session.place, facts, around: await lookAround(session, facts) };
  });
  const front = await sites.look(results.some(({ facts }) => facts.current !== ''));
  const errors = [...failed, ...front.errors];
  const lines = [
    ...results.map(({ place, facts, around }) => ({ head: statusLine(place, facts), around })),
    ...front.results.map(({ place, around }) => ({ head: `${place}: the load balancer`, around })),
  ].flatMap(({ head, around }) => [head, ...around.map(({ words }) => `  ${words}`)]);
  for (const line of lines) log.info(line);
  context.output('status', lines.join('\n'));
  const areInFront = front.results.every(({ around }) => !around.some(one => one.isWrong));
  const state = results.every(isWell) && areInFront && errors.length === 0 ? 'healthy' : 'failed';
  setOutputs(
    context,
    state,
    results.map(({ place, facts }) => ({ place, previous: facts.current })),
    false,
  );
  await context.summary(statusSummary(results, front.results));
  if (errors.length > 0) throw joinErrors(errors, sessions.length + front.results.length + front.errors.length);
}

function setOutputs(
  { output }: Here,
  state: string,
  hosts: readonly { place: string; previous: string }[],
  changed: boolean,
): void {
  const ids = new Set(hosts.map(one => one.previous));
  output('state', state);
  output('previous', ids.size === 1 ? [...ids][0]! : hosts.map(one => `${one.place} ${one.previous}`).join('\n'));
  output('changed', String(changed));
}

interface ToServe {
  readonly release: LoadedRecord;
  readonly artifacts: readonly Artifact[];
  readonly files: readonly ExtraFile[];
  /** What hosts serve, where the others are to get the same. */
  readonly whole: readonly WholeRelease[];
}

/** The record, which is begun where there is none, and what a host may get. */
async function whatToServe(
  sessions: readonly HostSession[],
  settings: Settings,
  context: Here,
  stack: AsyncDisposableStack,
): Promise<ToServe> {
  const { inputs, directory, signal, record: given } = context;
  const { mode, service: name } = settings;
  const needsBinary = mode === 'plan' || mode === 'deploy' || mode === 'converge';
  const requirement = needsBinary ? await readRequirement(inputs, directory) : undefined;
  if (mode === 'converge' && given === undefined) {
    const { release, whole } = await servedByHosts(sessions, requirement !== undefined);
    const { version, commit, commitTime } = release;
    const begun = beginRecord(directory, { name, version, commit, commitTime });
    return { release: begun, artifacts: whole.map(({ artifact }) => artifact), files: [], whole };
  }
  const files = needsBinary ? await collectFiles(settings.files, directory, signal) : [];
  const release = given ?? beginRecord(directory, { name, ...(await releaseVersion({ directory, signal })) });
  if (!needsBinary) return { release, artifacts: [], files, whole: [] };
  const { image, compose } = settings.container ?? {};
  const registries = { ...inputs, insecure: inputs['insecure-registries'] };
  const artifacts =
    compose !== undefined
      ? await composeArtifacts(compose, stack)
      : image !== undefined
        ? await imageArtifacts(registries, image, stack, signal)
        : await readArtifacts(release.record, inputs.binary, directory);
  return {
    release,
    artifacts: requirement === undefined ? artifacts : await mustBeAttested(artifacts, requirement),
    files,
    whole: [],
  };
}
