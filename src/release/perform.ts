import { SlipwayError } from '../core/errors.ts';
import { log } from '../core/log.ts';
import { type LoadedRecord, loadRecords } from '../core/record/files.ts';
import type { Override, ReleaseRecord } from '../core/record/schema.ts';
import type { Entry } from '../core/records/entry.ts';
import type { Link } from './chain.ts';
import { isDoctored, look } from './checklist.ts';
import { conclude, type Result } from './conclude.ts';
import { doctor } from './doctor/doctor.ts';
import { summaryOf, textOf } from './doctor/render.ts';
import { refuseFrozen } from './freeze/freeze.ts';
import { sayOverride, writeOverride } from './freeze/set-aside.ts';
import { follow } from './github/follow.ts';
import { refuseFork } from './github/fork.ts';
import { type Progress, runLinks } from './links.ts';
import { deploys, isStored } from './modes.ts';
import { notify } from './notify/index.ts';
import { type Plan, prepare } from './prepare.ts';
import { refuseOther } from './refuse-other.ts';
import type { Request } from './request.ts';
import { checklistTable, refuseUnmet } from './require.ts';
import { sourceOf } from './source.ts';
import type { Surroundings } from './surroundings.ts';
import { withHistory } from './with-history.ts';

export type { Result } from './conclude.ts';
export type { Surroundings } from './surroundings.ts';

/**
 * Carries out a request: reads the whole of slipway.yml, gets the release that it is about, runs the links, and writes
 * down what was done.
 *
 * @throws SlipwayError when nothing was begun; a link that fails is in the result
 */
export async function perform(request: Request, around: Surroundings): Promise<Result> {
  await refuseFork(around.env, request.mode);
  const plan = await prepare(request, around);
  using _ = plan.records;
  const { environment, url } = plan.file;
  const env = request.github === false ? {} : around.env;
  using follower = await follow({ ...around, env, mode: request.mode, environment, url });
  let result: Result;
  try {
    result = await carryOut(plan, around, record => follower.begins(record));
  } catch (error) {
    await follower.ends({ failed: true });
    await notify(plan, around, { error });
    throw error;
  }
  const failed = around.signal.aborted || result.done.some(({ code }) => code !== 0);
  const unpublished = await follower.ends({ ...result, failed });
  await notify(plan, around, { result, error: unpublished });
  return unpublished === undefined ? result : { ...result, unpublished };
}

/** @param begins called before anything is put in a place */
async function carryOut(
  plan: Plan,
  around: Surroundings,
  begins: (record: ReleaseRecord) => Promise<void>,
): Promise<Result> {
  const { request, links } = plan;
  await mayDeploy(plan, around);
  const source = isStored(request) ? await sourceOf(request, plan.file, plan.records) : undefined;
  const begun: Progress = { done: [], release: source?.file ?? request.release.join('\n') };
  const built = await runLinks(links.filter(isBuild), begun, request, around);
  const program = plan.records && keeps(plan) && !failed(built) ? await loadedFrom(built, request) : undefined;
  if (program !== undefined) await refuseOther(plan.records!, program.record);
  const images = failed(built) ? [] : links.filter(link => isMaker(link) && !isBuild(link));
  const made = await runLinks(images, built, request, around);
  const loaded = await loadedFrom(made, request);
  let given = made;
  let override: Override | undefined;
  if (!failed(made) && !around.signal.aborted) {
    if (loaded !== undefined && keeps(plan)) await plan.records?.put(loaded);
    await refuse(plan, loaded, around);
    override = await mayDeploy(plan, around);
    if (override !== undefined) await sayOverride(override, around);
    if (override !== undefined && loaded !== undefined)
      given = { ...made, release: (await writeOverride(override, loaded)).file };
    const isDeployed = links.some(isDeployment) && deploys(request.mode, isStored(request));
    if (loaded !== undefined && isDeployed) await begins(loaded.record);
  }
  const places = failed(made)
    ? []
    : links.filter(link => !isMaker(link)).map(link => withHistory(link, plan.file, request, plan.records));
  const ended = await runLinks(places, given, request, around);
  if (request.mode === 'plan' && !around.signal.aborted) await tellDoctor(request, around);
  const last = await loadedFrom(ended, request);
  // a deployment that was given no record has begun one
  const closed = override === undefined || last === undefined ? last : await writeOverride(override, last);
  return conclude(plan, ended, closed, around);
}

const keeps = ({ request, links }: Plan) =>
  request.mode === 'build' || (request.mode !== 'plan' && links.some(isMaker));

const isBuild = ({ action }: Link) => action === 'setup-go-cross';

const isMaker = (link: Link) => isBuild(link) || link.action === 'build-multiarch-image';

const isDeployment = ({ action }: Link) => action === 'deploy-ssh-systemd' || action === 'deploy-k8s-canary';

const failed = ({ done }: Progress) => done.some(({ code }) => code !== 0);

async function loadedFrom({ release }: Progress, { directory }: Request): Promise<LoadedRecord | undefined> {
  return loadRecords(release === '' ? [] : release.split('\n'), directory);
}

/** Asked before the first link, and again before a place is changed: building takes its time. */
async function mayDeploy(plan: Plan, { env }: Surroundings): Promise<Override | undefined> {
  return plan.links.some(isDeployment) ? refuseFrozen(plan, env, new Date()) : undefined;
}

/** The production checklist is a part of every plan; nothing in it makes a plan fail. */
async function tellDoctor(request: Request, around: Surroundings): Promise<void> {
  const report = await doctor(request, around);
  for (const line of ['── doctor', ...textOf(report)]) log.info(line);
  await around.summary(summaryOf(report));
}

/** What the environment requires is looked at before anything is put there. */
async function refuse(
  { request, file, read: links, requirements, records, policy }: Plan,
  loaded: LoadedRecord | undefined,
  around: Surroundings,
): Promise<void> {
  if (requirements.length === 0 || !deploys(request.mode, isStored(request))) return;
  if (loaded === undefined)
    throw new SlipwayError(
      'RECORD_MISSING',
      `${file.environment ?? 'the policy'} requires findings, and there is no release record`,
      {
        hint: 'Nothing was deployed. Let the section build make one, or give the input "release" its path.',
      },
    );
  const { version } = loaded.record;
  const verdicts = (await records?.entries({ version })) ?? [];
  const verifiedIn = verdicts.filter(isVerified).map(({ environment }) => environment);
  const asked = requirements.flatMap(one => ('name' in one && isDoctored(one.name) ? [one.name] : []));
  const found = asked.length > 0 ? (await doctor(request, around, asked)).findings : [];
  const looked = look({ record: loaded.record, links, verifiedIn, found }, requirements);
  await around.summary(`### Checklist\n\n${checklistTable(looked)}`);
  refuseUnmet(file, loaded.record, looked, policy.name);
}

const isVerified = (entry: Entry) => entry.kind === 'verdict' && entry.state === 'verified';
