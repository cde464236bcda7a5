import type { Context } from '../core/action.ts';
import { log } from '../core/log.ts';
import { beginRecord } from '../core/record/begin.ts';
import { type LoadedRecord, saveRecord } from '../core/record/files.ts';
import type { ReleaseRecord } from '../core/record/schema.ts';
import { releaseVersion } from '../core/version.ts';
import { type Artifact, readArtifacts } from './artifacts.ts';
import { mustBeAttested, readPublicKey } from './attested.ts';
import { deployHost } from './deploy-host.ts';
import { deploymentOf } from './deployment.ts';
import { collectFiles } from './extra-files.ts';
import { joinErrors, onAll, withNothingChanged } from './fleet.ts';
import { HostSession } from './host-session.ts';
import type { definition } from './inputs.ts';
import type { HostState, Outcome } from './outcome.ts';
import { planOf, planSummary } from './plan.ts';
import { readSettings } from './read-settings.ts';
import type { Settings } from './settings.ts';
import { isServing, statusLine, statusSummary } from './status.ts';
import { deploySummary } from './summary.ts';
import { type Surveyed, survey } from './survey.ts';

type Here = Context<typeof definition.inputs>;

/** Looks at every host first; only when all can take the release is the first one changed. */
export async function run(context: Here): Promise<void> {
  const { inputs, signal, directory } = context;
  const settings = await readSettings(context);
  const release = context.record ?? (await newRecord(context, settings));
  const needsBinary = settings.mode === 'plan' || settings.mode === 'deploy';
  const artifacts = needsBinary ? await artifactsOf(release.record, context) : [];
  const files = needsBinary ? await collectFiles(settings.files, directory, signal) : [];

  await using stack = new AsyncDisposableStack();
  const sessions = inputs.hosts.map(host => stack.use(new HostSession(host, settings, signal)));
  if (settings.mode === 'status') return await showStatus(sessions, context);

  const { results: surveyed, errors } = await onAll(sessions, session =>
    survey(session, settings, release.record, artifacts, files),
  );
  if (errors.length > 0) {
    setOutputs(context, 'failed', [], false);
    throw withNothingChanged(joinErrors(errors, sessions.length));
  }
  const plans = surveyed.map(host => ({ surveyed: host, lines: planOf(host) }));
  // the whole plan where it is asked for; else what changes from what to what
  for (const { lines } of plans)
    for (const line of settings.mode === 'plan' ? lines : lines.slice(0, 1)) log.info(line);
  if (settings.mode === 'plan') {
    setOutputs(
      context,
      'planned',
      surveyed.map(({ session, facts }) => ({ place: session.place, previous: facts.current })),
      false,
    );
    await context.summary(planSummary(plans));
    return;
  }
  await deployAll(surveyed, settings, release, context);
}

/** What could be released; where that is demanded, only what is attested. */
async function artifactsOf(record: ReleaseRecord, { inputs, directory }: Here): Promise<Artifact[]> {
  const artifacts = await readArtifacts(record, inputs.binary, directory);
  const key = inputs['require-attestation'];
  return key === undefined ? artifacts : mustBeAttested(artifacts, await readPublicKey(key, directory));
}

async function deployAll(
  surveyed: readonly Surveyed[],
  settings: Settings,
  release: LoadedRecord,
  context: Here,
): Promise<void> {
  const { results: outcomes, errors } = await onAll(surveyed, host =>
    deployHost(host, settings, context.directory, context.signal),
  );
  const deployments = outcomes.map(outcome => deploymentOf(outcome, settings.service, settings.by));
  const { file, record } = release;
  await saveRecord({ file, record: { ...record, deployments: [...record.deployments, ...deployments] } });
  context.output('release', file);
  setOutputs(
    context,
    worst(outcomes),
    outcomes,
    outcomes.some(one => one.changed),
  );
  await context.summary(deploySummary(outcomes, settings.service, settings.directory));
  for (const one of outcomes.filter(({ journal }) => journal)) {
    await log.group(`${one.place}: the last lines of the journal of ${settings.service}`, async () =>
      log.info(one.journal!),
    );
  }
  const failures = [...outcomes.flatMap(one => one.error ?? []), ...errors];
  if (failures.length > 0) throw joinErrors(failures, surveyed.length);
}

async function showStatus(sessions: readonly HostSession[], context: Here): Promise<void> {
  const { results, errors } = await onAll(sessions, async session => ({
    place: session.place,
    facts: await session.facts(),
  }));
  for (const { place, facts } of results) log.info(statusLine(place, facts));
  const state = results.every(({ facts }) => isServing(facts)) && errors.length === 0 ? 'healthy' : 'failed';
  setOutputs(
    context,
    state,
    results.map(({ place, facts }) => ({ place, previous: facts.current })),
    false,
  );
  await context.summary(statusSummary(results));
  if (errors.length > 0) throw joinErrors(errors, sessions.length);
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

const byGravity: readonly HostState[] = ['failed', 'rolled-back', 'healthy', 'unchanged'];

function worst(outcomes: readonly Outcome[]): HostState {
  return byGravity.find(state => outcomes.some(one => one.state === state)) ?? 'failed';
}

/** Without a record the action works by its inputs, and begins one. */
async function newRecord({ directory, signal }: Here, settings: Settings): Promise<LoadedRecord> {
  const { version, commit, commitTime } = await releaseVersion({ directory, signal });
  return beginRecord(directory, { name: settings.service, version, commit, commitTime });
}
